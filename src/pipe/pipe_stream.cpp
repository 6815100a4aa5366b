// Pipes as streams. A pipe is no socket: the backends' own receive and send are not for it. So one
// waits for readiness, which all backends have, and transfers with a plain call that never waits.
#include <rondo/os/errors.hpp>
#include <rondo/os/pipe.hpp>
#include <rondo/os/socket.hpp>
#include <rondo/pipe/pipe_stream.hpp>

#include "pipe/read_all.hpp"

namespace rondo {

// The await
// ----------------------------------------------------------------------------------------

pipe_awaiter::pipe_awaiter(pipe_end& on, io::op_kind what, std::byte* from, std::size_t count,
                           site where) noexcept
    : io_awaiter(on.fd_, what, where), begin_(from), left_(count), end_(&on) {
  run = &step;
}

bool pipe_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  if (left_ == 0) {
    adopt(context);
    return false;
  }
  if (!end_->is_open()) {
    adopt(context);
    result = context.cancel_pending() ? os::cancelled : os::bad_descriptor;
    return false;
  }
  if (!is_to_start(context, waiting, *end_->loop_)) return false;
  next_ = std::exchange(end_->awaited_, this);
  do {
    if (!again()) return true;
  } while (!advance());
  return false;
}

bool pipe_awaiter::advance() noexcept {
  if (result < 0) return true;
  if (end_ == nullptr) {
    result = os::cancelled;
    return true;
  }
  const bool reads = kind == io::op_kind::readable;
  const int count = reads ? (end_->shared_ ? os::read_shared : os::read_pipe)(fd, begin_, left_)
                          : (end_->shared_ ? os::write_shared : os::write_pipe)(fd, begin_, left_);
  if (count == os::would_block) return false;  // another reader was faster
  if (count < 0) {
    result = count;
    return true;
  }
  const auto moved = static_cast<std::size_t>(count);
  transferred_ += moved;
  begin_ += moved;
  left_ -= moved;
  if (reads || left_ == 0) return true;
  if (!cancel_is_pending()) return false;
  result = os::cancelled;
  return true;
}

void pipe_awaiter::step(job& j) {
  auto& self = static_cast<pipe_awaiter&>(static_cast<io::op&>(j));
  if (!self.is_with_line()) return;
  do {
    if (self.advance()) return self.go_on();
  } while (self.again());
}

void pipe_awaiter::end_steps() noexcept {
  end_wait();
  if (end_ == nullptr) return;
  pipe_awaiter** link = &end_->awaited_;
  while (*link != nullptr && *link != this) link = &(*link)->next_;
  if (*link != nullptr) *link = next_;
}

error pipe_awaiter::failure_of_pipe(std::string_view operation) const {
  const bool closed = fd < 0 || (result == os::cancelled && !cancel_is_pending());
  const char* const name = end_ != nullptr ? end_->name_.c_str() : "a pipe";
  if (closed) return os::make_error(errc::closed, operation, name);
  return os::make_error(result, operation, name);
}

void pipe_awaiter::throw_failure_of_pipe(std::string_view operation) const {
  if (result == os::cancelled && cancel_is_pending()) context().throw_cancelled();
  throw failure_of_pipe(operation);
}

rondo::result<std::size_t> pipe_read_awaiter::finish() {
  end_steps();
  if (result < 0) return std::unexpected(failure_of_pipe("read from"));
  return transferred_;
}

std::size_t pipe_read_awaiter::await_resume() {
  end_steps();
  if (result < 0) [[unlikely]]
    throw_failure_of_pipe("read from");
  return transferred_;
}

rondo::result<void> pipe_write_awaiter::finish() {
  end_steps();
  if (result < 0) return std::unexpected(failure_of_pipe("write to"));
  return {};
}

void pipe_write_awaiter::await_resume() {
  end_steps();
  if (result < 0) [[unlikely]]
    throw_failure_of_pipe("write to");
}

// The ends
// ----------------------------------------------------------------------------------------

pipe_end::pipe_end(loop& l, os::fd descriptor, pipe_options how) noexcept
    : loop_(&l), fd_(descriptor.release()), shared_(how.shared), name_(std::move(how.name)) {
  // Of this end alone: the other one is another open file.
  if (!shared_) os::set_nonblocking(fd_, true);
}

void pipe_end::take(pipe_end& other) noexcept {
  loop_ = other.loop_;
  fd_ = std::exchange(other.fd_, -1);
  shared_ = other.shared_;
  name_ = std::move(other.name_);
  awaited_ = std::exchange(other.awaited_, nullptr);
  for (pipe_awaiter* a = awaited_; a != nullptr; a = a->next_) a->end_ = this;
}

void pipe_end::close() noexcept {
  if (fd_ >= 0) loop_->close(std::exchange(fd_, -1));
  while (awaited_ != nullptr) {
    awaited_->end_ = nullptr;
    awaited_ = awaited_->next_;
  }
}

RONDO_COROUTINE_WRAPPER task<std::string> pipe_reader::read_all(std::size_t limit) {
  return detail::read_all(*this, limit, name());
}

// A pair
// ----------------------------------------------------------------------------------------

result<pipe_ends> make_pipe(loop& l) {
  os::pipe_ends made;
  if (const int failure = os::open_pipe(made); failure < 0) {
    return std::unexpected(os::make_error(failure, "open", "a pipe"));
  }
  return pipe_ends{pipe_reader(l, std::move(made.read)), pipe_writer(l, std::move(made.write))};
}

task<pipe_ends> make_pipe() {
  loop& here = co_await this_loop();
  auto made = make_pipe(here);
  if (!made) throw std::move(made).error();
  co_return std::move(*made);
}

}  // namespace rondo
