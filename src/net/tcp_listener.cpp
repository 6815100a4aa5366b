// Making a TCP listener. How it accepts is in stream_listener.cpp.
#include <string>
#include <utility>

#include <rondo/net/tcp_listener.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/socket.hpp>

namespace rondo {

namespace {

/// 0 or a negated errno.
int prepare(int fd, const socket_address& address, const listen_options& options) noexcept {
  const bool v6 = address.is_v6();
  const std::pair<os::option, bool> wanted[] = {{os::option::reuse_address, options.reuse_address},
                                                {os::option::reuse_port, options.reuse_port},
                                                {os::option::no_delay, options.no_delay}};
  for (const auto& [name, on] : wanted) {
    const int outcome = on ? os::set_option(fd, name, 1) : 0;
    if (outcome < 0) return outcome;
  }
  if (v6) {
    const int outcome = os::set_option(fd, os::option::v6_only, options.v6_only ? 1 : 0);
    if (outcome < 0) return outcome;
  }
  const int bound = os::bind(fd, address);
  return bound < 0 ? bound : os::listen(fd, options.backlog);
}

}  // namespace

// The listener
// --------------------------------------------------------------------------------------

bind_awaiter tcp_listener::bind(std::string_view address, listen_options options) {
  return {socket_address::parse(address), options};
}

bind_awaiter tcp_listener::bind(socket_address address, listen_options options) {
  return {address, options};
}

tcp_listener bind_awaiter::await_resume() {
  if (!address_) throw std::move(address_).error();
  auto bound = tcp_listener::bind(*loop_, *address_, options_);
  if (!bound) throw std::move(bound).error();
  return std::move(*bound);
}

result<tcp_listener> tcp_listener::bind(loop& l, const socket_address& address,
                                        listen_options options) {
  const int opened = os::open_tcp_socket(address.is_v6(), l.backend().wants_nonblocking());
  if (opened < 0) return std::unexpected(os::make_error(opened, "socket", address.to_string()));
  os::fd socket(opened);
  const int outcome = prepare(socket.get(), address, options);
  if (outcome < 0)
    return std::unexpected(os::make_error(outcome, "listen on", address.to_string()));
  return tcp_listener(l, socket.release(), sharing::ours);
}

result<tcp_listener> tcp_listener::adopt(loop& l, os::fd descriptor) {
  const int fd = descriptor.get();
  if (const char* const why_not = os::why_not_listening(fd)) {
    return std::unexpected(os::make_error(errc::invalid_argument, "adopt a listener: descriptor",
                                          std::to_string(fd) + " " + why_not));
  }
  int outcome = os::set_option(fd, os::option::no_delay, 1);
  // On every backend: another process may be quicker, and accept would wait for one more.
  if (outcome >= 0) outcome = os::set_nonblocking(fd, true);
  if (outcome < 0)
    return std::unexpected(os::make_error(outcome, "adopt a listener", std::to_string(fd)));
  return tcp_listener(l, descriptor.release(), sharing::shared);
}

result<socket_address> tcp_listener::local_address() const {
  socket_address address;
  const int outcome = os::local_address(descriptor(), address);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "local address"));
  return address;
}

}  // namespace rondo
