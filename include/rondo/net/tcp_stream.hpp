#pragma once

#include <string_view>

#include <rondo/net/stream_socket.hpp>
#include <rondo/os/address.hpp>

namespace rondo {

class connect_awaiter;

/// How to connect.
struct connect_options {
  connect_options() noexcept = default;
  explicit connect_options(duration limit) noexcept : timeout(limit) {}

  duration timeout = duration::max();  ///< then `errc::timed_out`
  bool no_delay = true;                ///< send small writes at once (TCP_NODELAY)
};

/// A TCP connection: a `stream_socket` with a peer that has an address.
class tcp_stream : public stream_socket {
  using site = std::source_location;

 public:
  using stream_socket::stream_socket;

  /// Connects to a numeric address: `co_await tcp_stream::connect("127.0.0.1:80")`, "[::1]:80".
  static connect_awaiter connect(std::string_view to, connect_options options = {},
                                 site where = site::current());
  static connect_awaiter connect(socket_address to, connect_options options = {},
                                 site where = site::current());

  result<socket_address> local_address() const;
  result<socket_address> remote_address() const;
};

/// Awaits a new connection, and owns its socket until there is one.
class [[nodiscard]] connect_awaiter : public io_awaiter {
 public:
  connect_awaiter(rondo::result<socket_address> to, connect_options options, site where) noexcept;
  connect_awaiter(connect_awaiter&&) noexcept = default;  // only before it is awaited
  ~connect_awaiter();
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  tcp_stream await_resume();
  rondo::result<tcp_stream> finish();
  as_result_awaiter<connect_awaiter> as_result() && noexcept {
    return as_result_awaiter<connect_awaiter>(*this);
  }

 private:
  /// The end of the time, as a timer that leads back here.
  struct deadline : timer {
    connect_awaiter* owner = nullptr;
  };

  bool start(task_context& context, std::coroutine_handle<> waiting);
  error why_not() const;
  static void expire(job& j);

  rondo::result<socket_address> to_;
  connect_options options_;
  deadline deadline_;
  bool expired_ = false;
};

}  // namespace rondo
