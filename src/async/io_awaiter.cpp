// Awaiting an operation: submit, be cancelled, be resumed, and say in a sentence what went wrong.
#include <string>

#include <rondo/async/io_awaiter.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/socket.hpp>

namespace rondo {

bool io_awaiter::begin(task_context& context, std::coroutine_handle<> waiting) {
  context_ = &context;
  waiting_ = waiting;
  if (context.cancel_pending()) {
    result = os::cancelled;
    return false;
  }
  if (fd < 0) {
    result = os::bad_descriptor;
    return false;
  }
  if (again()) return false;
  wait_for_cancel();
  return true;
}

void io_awaiter::wait_for_cancel() noexcept {
  context_->begin_wait(
      [](void* self) noexcept {
        auto& o = *static_cast<io_awaiter*>(self);
        loop_of(*o.context_).cancel(o);
      },
      this);
}

void io_awaiter::resume(job& j) {
  static_cast<io_awaiter&>(static_cast<io::op&>(j)).go_on();
}

error io_awaiter::failure(std::string_view operation) const {
  if (result == os::cancelled) {
    // After a close the number may be somebody else's already: its peer is not ours to name.
    return os::make_error(cancel_is_pending() ? errc::cancelled : errc::closed, operation,
                          "descriptor " + std::to_string(fd));
  }
  if (fd < 0) return os::make_error(errc::closed, operation, "a closed socket");
  socket_address peer;
  const bool known = os::remote_address(fd, peer) >= 0;
  const std::string subject = known ? peer.to_string() : "descriptor " + std::to_string(fd);
  return os::make_error(result, operation, subject);
}

void io_awaiter::throw_failure(std::string_view operation) const {
  if (result == os::cancelled && cancel_is_pending()) throw cancelled();
  throw failure(operation);
}

}  // namespace rondo
