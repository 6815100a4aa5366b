// Signals through the loop: a descriptor that becomes readable.
#include <rondo/os/errors.hpp>
#include <rondo/signal/signal_set.hpp>

#include "signal/listen.hpp"

namespace rondo {

signal_set::signal_set(loop& l, std::initializer_list<int> which) : loop_(&l) {
  listen(listener_, which, true);
}

signal_set::~signal_set() {
  loop_->close(listener_.close().release());
}

signal_awaiter::signal_awaiter(signal_set& from, site where) noexcept
    : io_awaiter(from.listener_.descriptor(), io::op_kind::readable, where), set_(&from) {
  run = &step;
}

bool signal_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  if (!is_to_start(context, waiting, *set_->loop_)) return false;
  do {
    if (!again()) return true;
  } while (!took_one());
  return false;
}

/// False where it was a false alarm.
bool signal_awaiter::took_one() noexcept {
  if (result < 0) return true;
  signal_ = set_->listener_.take();
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
