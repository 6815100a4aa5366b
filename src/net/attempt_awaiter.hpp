#pragma once

#include <source_location>
#include <utility>

#include <rondo/async/io_awaiter.hpp>
#include <rondo/net/socket_handle.hpp>
#include <rondo/os/errors.hpp>

namespace rondo {

/// Awaits a call that never waits, and that no operation of the backends knows: tries it, waits
/// until the socket is ready where it would block, and tries again. Yields what the call has
/// answered at last, a count or a negated errno; throws where it was cancelled or the socket
/// closed, and has done nothing then. The socket stays where it is meanwhile.
template <class Attempt>
class [[nodiscard]] attempt_awaiter : public io_awaiter {
 public:
  attempt_awaiter(socket_handle& on, io::op_kind until, const char* operation, Attempt attempt)
      : io_awaiter(on.descriptor(), until, std::source_location::current()),
        socket_(&on),
        operation_(operation),
        attempt_(std::move(attempt)) {
    run = &step;
  }

  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    task_context& line = waiting.promise().context();
    if (!is_to_start(line, waiting, socket_->home(line))) return false;
    if (settled()) {
      if (line.runs_on().spend()) return false;
      line.runs_on().schedule_after_io(*this);
      return true;
    }
    do {
      if (!again()) return true;
    } while (result >= 0 && !settled());
    return false;
  }

  int await_resume() {
    end_wait();
    if (!answered_) throw_failure(operation_);
    return result;
  }

 private:
  /// Tries. False where it would block.
  bool settled() {
    if (!socket_->is_open()) {
      result = os::cancelled;
      return true;
    }
    result = attempt_();
    answered_ = result != os::would_block;
    return answered_;
  }

  /// Waiting has, that is.
  bool has_failed() const noexcept { return result < 0; }

  static void step(job& j) {
    auto& self = static_cast<attempt_awaiter&>(static_cast<io::op&>(j));
    if (!self.is_with_line()) return;
    if (self.answered_) return self.go_on();
    do {
      if (self.has_failed() || self.settled()) return self.go_on();
    } while (self.again());
  }

  socket_handle* socket_;
  const char* operation_;
  Attempt attempt_;
  bool answered_ = false;  // `result` is the call's
};

}  // namespace rondo
