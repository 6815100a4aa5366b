#pragma once

#include <optional>
#include <string_view>

#include <rondo/net/stream_socket.hpp>
#include <rondo/os/address.hpp>
#include <rondo/task/task.hpp>

namespace rondo::dns {
class resolver;
}

namespace rondo {

class connect_awaiter;

/// How to connect.
struct connect_options {
  connect_options() noexcept = default;
  explicit connect_options(duration limit) noexcept : timeout(limit) {}

  duration timeout = duration::max();  ///< then `errc::timed_out`; look-ups are part of it
  bool no_delay = true;                ///< send small writes at once (TCP_NODELAY)

  // By name only (RFC 8305)
  /// Whom to ask; null: the resolver of the loop (dns::resolver::of).
  dns::resolver* names = nullptr;
  /// How long IPv4 addresses wait for the IPv6 ones, where they are known first.
  duration resolution_delay = duration::milliseconds(50);
  /// How long an address has to answer before the next one is tried beside it.
  duration attempt_delay = duration::milliseconds(250);
};

/// A TCP connection: a `stream_socket` with a peer that has an address.
class tcp_stream : public stream_socket {
  using site = std::source_location;

 public:
  using stream_socket::stream_socket;

  /// `co_await tcp_stream::connect("example.com:443")`, "127.0.0.1:80", "[::1]:80". A name is
  /// looked up, IPv6 and IPv4 at once, and its addresses are tried one beside the other, the
  /// families in turn, until one answers; the others are closed then. Where none does, the error
  /// tells of each. A numeric address costs neither a look-up nor an allocation.
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
  connect_awaiter(task<tcp_stream> by_name, site where) noexcept;
  connect_awaiter(connect_awaiter&&) noexcept = default;  // only before it is awaited
  ~connect_awaiter();
  template <task_promise Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> waiting) {
    task_context& line = waiting.promise().context();
    if (by_name_) {
      adopt(line);
      return begun_.emplace(std::move(by_name_).operator co_await()).await_suspend(waiting, where);
    }
    if (start(line, waiting)) return std::noop_coroutine();
    return waiting;
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
  task<tcp_stream> by_name_;  // instead of all this, where the address is a name
  std::optional<task<tcp_stream>::awaiter> begun_;
};

}  // namespace rondo
