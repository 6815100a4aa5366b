// Awaiting an operation: submit, be cancelled, be resumed, and say in a sentence what went wrong.
#include <string>

#include <rondo/async/io_awaiter.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/socket.hpp>

namespace rondo {

bool io_awaiter::begin(task_context& context, std::coroutine_handle<> waiting, loop& home) {
  return is_to_start(context, waiting, home) && !again();
}

bool io_awaiter::is_to_start(task_context& context, std::coroutine_handle<> waiting, loop& home,
                             const wait_kind& how) noexcept {
  context_ = &context;
  home_ = &home;
  if (context.cancel_pending()) {
    result = os::cancelled;
    return false;
  }
  if (fd < 0 && kind != io::op_kind::file) {  // which may have a path instead
    result = os::bad_descriptor;
    return false;
  }
  may_be_lent = context.moves();
  context.begin_wait(how, this, waiting);
  return true;
}

bool io_awaiter::again() noexcept {
  if (!home_->start(*this)) return false;
  executor& here = context_->runs_on();
  if (here.spend()) return true;
  here.schedule_after_io(*this);
  return false;
}

bool io_awaiter::is_with_line() noexcept {
  executor& its = context_->runs_on();
  if (its.is_mine()) [[likely]]
    return true;
  if (context_->moves()) {
    context_->comes_here();
    return true;
  }
  its.schedule_from_anywhere(*this);
  return false;
}

constexpr wait_kind io_awaiter::kind_of_wait = {
    .wake =
        [](void* self, const cancel_cause&) noexcept {
          auto& o = *static_cast<io_awaiter*>(self);
          o.home_->cancel(o);
        },
    .describe = &io_awaiter::describe,
};

wait_description io_awaiter::describe(const void* awaiter) noexcept {
  const auto& o = *static_cast<const io_awaiter*>(awaiter);
  wait_description d;
  d.what = io::to_string(o.kind);
  d.where = o.where;
  d.fd = o.fd;
  return d;
}

void io_awaiter::resume(job& j) {
  auto& o = static_cast<io_awaiter&>(static_cast<io::op&>(j));
  if (o.is_with_line()) o.go_on();
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
  if (result == os::cancelled && cancel_is_pending()) context_->throw_cancelled();
  throw failure(operation);
}

}  // namespace rondo
