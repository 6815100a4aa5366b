#pragma once

#include <string_view>

#include <rondo/net/stream_listener.hpp>
#include <rondo/net/tcp_stream.hpp>
#include <rondo/os/fd.hpp>

namespace rondo {

/// How to listen.
struct listen_options {
  listen_options() noexcept = default;

  int backlog = 4096;         ///< the kernel clips it to net.core.somaxconn
  bool reuse_address = true;  ///< rebind at once after a restart
  bool reuse_port = false;    ///< several listeners on one port; the kernel spreads connections
  bool v6_only = false;       ///< an IPv6 listener that takes no IPv4 connections
  bool no_delay = true;       ///< for the accepted streams, which inherit it
};

using accept_awaiter = accept_awaiter_of<tcp_stream>;

class bind_awaiter;

/// A listening TCP socket.
class tcp_listener : public stream_listener {
  using site = std::source_location;

 public:
  using bind_options = listen_options;  ///< for who binds any kind of socket: see shard::bind

  tcp_listener() noexcept = default;  ///< closed

  /// Binds and listens, port 0 meaning a free one (see `local_address`). Inside a task:
  /// `co_await tcp_listener::bind("127.0.0.1:7000")`, which throws `error`.
  static bind_awaiter bind(std::string_view address, listen_options options = {});
  static bind_awaiter bind(socket_address address, listen_options options = {});
  /// Outside.
  static result<tcp_listener> bind(loop& l, const socket_address& address,
                                   listen_options options = {});

  /// Takes over a socket that listens already and that other processes (or descriptors) share: from
  /// a service manager, a supervisor, a parent. Its close leaves the socket to the others, and what
  /// waits in the backlog with it. Nothing is accepted that nobody awaits (io_uring otherwise
  /// accepts ahead), so none is lost with this process. Makes the socket non-blocking for all who
  /// share it. Fails with `errc::invalid_argument` where it is something else;
  /// `descriptor` is closed then.
  static result<tcp_listener> adopt(loop& l, os::fd descriptor);

  /// See stream_listener::accept.
  accept_awaiter accept(site where = site::current()) noexcept { return {*this, where}; }

  result<socket_address> local_address() const;

 private:
  using stream_listener::stream_listener;
};

/// Awaits a `bind`, which does not wait, only to learn on which loop.
class [[nodiscard]] bind_awaiter {
 public:
  bind_awaiter(result<socket_address> address, listen_options options) noexcept
      : address_(std::move(address)), options_(options) {}
  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) noexcept {
    loop_ = &loop_of(waiting.promise().context());
    return false;
  }
  tcp_listener await_resume();

 private:
  result<socket_address> address_;
  listen_options options_;
  loop* loop_ = nullptr;
};

}  // namespace rondo
