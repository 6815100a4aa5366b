// Signals through the loop: a descriptor that becomes readable.
#include <rondo/base/assert.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/signal/signal_set.hpp>

namespace rondo {

namespace {

os::signal_mask mask_of(std::initializer_list<int> which) noexcept {
  os::signal_mask mask = 0;
  for (const int n : which) {
    RONDO_ASSERT(n >= 1 && n <= 64, n);
    mask |= os::signal_mask{1} << (n - 1);
  }
  return mask;
}

}  // namespace

signal_set::signal_set(loop& l, std::initializer_list<int> which)
    : loop_(&l),
      before_(os::block_signals(mask_of(which))),
      fd_(os::open_signals(mask_of(which), l.backend().wants_nonblocking())) {
  if (fd_ >= 0) return;
  os::restore_signals(before_);
  throw os::make_error(fd_, "open a signal descriptor");
}

signal_set::~signal_set() {
  while (os::take_signal(fd_) > 0) {
  }  // or what still pends would end the process now
  loop_->close(fd_);
  os::restore_signals(before_);
}

signal_awaiter::signal_awaiter(signal_set& from, site where) noexcept
    : io_awaiter(from.fd_, io::op_kind::readable, where), home_of_set_(from.loop_) {
  run = &step;
}

bool signal_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  if (!is_to_start(context, waiting, *home_of_set_)) return false;
  do {
    if (!again()) return true;
  } while (!took_one());
  return false;
}

/// False where it was a false alarm.
bool signal_awaiter::took_one() noexcept {
  if (result < 0) return true;
  signal_ = os::take_signal(fd);
  if (signal_ == os::would_block) return false;
  if (signal_ < 0) result = signal_;
  return true;
}

void signal_awaiter::step(job& j) {
  auto& self = static_cast<signal_awaiter&>(static_cast<io::op&>(j));
  if (!self.is_with_line()) return;
  do {
    if (self.took_one()) return self.go_on();
  } while (self.again());
}

rondo::result<int> signal_awaiter::finish() {
  end_wait();
  if (result < 0) return std::unexpected(failure("wait for a signal"));
  return signal_;
}

int signal_awaiter::await_resume() {
  end_wait();
  if (result < 0) [[unlikely]]
    throw_failure("wait for a signal");
  return signal_;
}

}  // namespace rondo
