// What only TCP has: the addresses of both ends, and connecting.
#include <string>
#include <utility>

#include <rondo/net/tcp_stream.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/task/cancelled.hpp>

#include "net/connect_by_name.hpp"

namespace rondo {

result<socket_address> tcp_stream::local_address() const {
  socket_address address;
  const int outcome = os::local_address(descriptor(), address);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "local address"));
  return address;
}

result<socket_address> tcp_stream::remote_address() const {
  socket_address address;
  const int outcome = os::remote_address(descriptor(), address);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "remote address"));
  return address;
}

// Connecting
// ----------------------------------------------------------------------------------------

connect_awaiter tcp_stream::connect(socket_address to, connect_options options, site where) {
  return {to, options, where};
}

connect_awaiter tcp_stream::connect(std::string_view to, connect_options options, site where) {
  auto numeric = socket_address::parse(to);
  if (!numeric) {
    if (const auto named = host_and_port::parse(to)) {
      return {connect_by_name(std::string(named->host), named->port, options, where), where};
    }
  }
  return {std::move(numeric), options, where};
}

connect_awaiter::connect_awaiter(rondo::result<socket_address> to, connect_options options,
                                 site where) noexcept
    : io_awaiter(-1, io::op_kind::connect, where), to_(std::move(to)), options_(options) {
  deadline_.run = &expire;
  run = [](job& j) { static_cast<connect_awaiter&>(static_cast<io::op&>(j)).go_on_in_place(); };
}

connect_awaiter::connect_awaiter(task<tcp_stream> by_name, site where) noexcept
    : connect_awaiter(socket_address(), {}, where) {
  by_name_ = std::move(by_name);
}

connect_awaiter::~connect_awaiter() {
  if (fd >= 0) home().close(fd);
}

bool connect_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  adopt(context);
  if (!to_ || context.cancel_pending()) {
    result = os::cancelled;
    return false;
  }
  loop& l = loop_of(context);
  fd = os::open_tcp_socket(to_->is_v6(), l.backend().wants_nonblocking());
  if (fd < 0) {
    result = fd;
    return false;
  }
  if (options_.no_delay) os::set_option(fd, os::option::no_delay, 1);
  data = to_->data();
  size = to_->size();
  deadline_.owner = this;
  if (options_.timeout != duration::max()) l.arm(deadline_, l.now() + options_.timeout);
  if (!is_to_start(context, waiting, l)) return false;
  may_be_lent = false;  // the deadline leads here, too
  return !again();
}

void connect_awaiter::expire(job& j) {
  connect_awaiter& self = *static_cast<deadline&>(j).owner;
  self.expired_ = true;
  self.home().cancel(self);
}

rondo::result<tcp_stream> connect_awaiter::finish() {
  if (begun_) {
    try {
      return begun_->await_resume();
    } catch (const error& e) {
      return std::unexpected(e);
    } catch (const cancelled&) {
      return std::unexpected(os::make_error(errc::cancelled, "connect", "by name"));
    }
  }
  end_wait();
  loop& l = loop_of(context());
  l.disarm(deadline_);
  if (to_ && result >= 0) return tcp_stream(l, std::exchange(fd, -1));
  return std::unexpected(why_not());
}

error connect_awaiter::why_not() const {
  if (!to_) return to_.error();
  const std::string subject = to_->to_string();
  if (result != os::cancelled) return os::make_error(result, "connect", subject);
  if (cancel_is_pending()) return os::make_error(errc::cancelled, "connect", subject);
  return os::make_error(expired_ ? errc::timed_out : errc::closed, "connect", subject);
}

tcp_stream connect_awaiter::await_resume() {
  if (begun_) return begun_->await_resume();
  auto connected = finish();
  if (connected) return std::move(*connected);
  if (connected.error().code() == errc::cancelled) context().throw_cancelled();
  throw std::move(connected).error();
}

}  // namespace rondo
