#pragma once

#include <span>
#include <string>
#include <string_view>

#include <rondo/async/ready_result.hpp>
#include <rondo/net/datagram.hpp>
#include <rondo/net/socket_handle.hpp>

namespace rondo {

class udp_socket;

/// What a UDP socket is like from its beginning.
struct udp_options {
  udp_options() noexcept = default;

  bool reuse_address = false;  ///< several sockets may bind the port: each receives all multicast
  bool reuse_port = false;     ///< the kernel spreads what comes among those that bind the port
  bool v6_only = false;        ///< an IPv6 socket that takes no IPv4
  bool broadcast = false;      ///< may send to broadcast addresses
  bool tell_target = false;    ///< see datagram::local and datagram::interface
  bool tell_ecn = false;       ///< see datagram::congestion
  bool coalesce = false;   ///< see datagram::segment_size; where the kernel does not know it, off
  int receive_buffer = 0;  ///< bytes; 0: the system's choice
  int send_buffer = 0;
};

/// A group that datagrams are sent to, and by which way.
struct multicast_group {
  multicast_group() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `join("239.1.2.3")`
  multicast_group(std::string_view of) : address(of) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  multicast_group(const char* of) : address(of) {}

  std::string address;    ///< numeric, such as "239.1.2.3" or "ff02::1234"
  std::string interface;  ///< a name or a number; empty: the kernel chooses one
  std::string source;     ///< numeric; only what comes from there. Empty: from anybody
};

/// Awaits one datagram in the caller's buffer.
class [[nodiscard]] udp_receive_awaiter : public io_awaiter {
 public:
  udp_receive_awaiter(udp_socket& from, std::span<std::byte> into, site where) noexcept;
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  datagram await_resume();
  rondo::result<datagram> finish();
  as_result_awaiter<udp_receive_awaiter> as_result() && noexcept {
    return as_result_awaiter<udp_receive_awaiter>(*this);
  }

 private:
  bool start(task_context& context, std::coroutine_handle<> waiting);
  datagram received() const noexcept;

  udp_socket* socket_;
  std::span<std::byte> into_;
  os::message_slot slot_;
  const_buffer piece_;
  socket_address from_;
  alignas(8) std::byte control_[os::datagram_control_size];
};

/// Awaits at least one datagram in a batch.
class [[nodiscard]] udp_receive_many_awaiter : public io_awaiter {
 public:
  udp_receive_many_awaiter(udp_socket& from, datagram_batch& into, site where) noexcept;
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  std::size_t await_resume();
  rondo::result<std::size_t> finish();
  as_result_awaiter<udp_receive_many_awaiter> as_result() && noexcept {
    return as_result_awaiter<udp_receive_many_awaiter>(*this);
  }

 private:
  bool start(task_context& context, std::coroutine_handle<> waiting);

  udp_socket* socket_;
  datagram_batch* batch_;
};

/// Awaits that one datagram has been handed to the kernel.
class [[nodiscard]] udp_send_awaiter : public io_awaiter {
 public:
  udp_send_awaiter(udp_socket& by, const outgoing_datagram& what, site where) noexcept;
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  void await_resume();
  rondo::result<void> finish();
  as_result_awaiter<udp_send_awaiter> as_result() && noexcept {
    return as_result_awaiter<udp_send_awaiter>(*this);
  }

 private:
  bool start(task_context& context, std::coroutine_handle<> waiting);
  error why_not() const;

  udp_socket* socket_;
  outgoing_datagram what_;
  os::message_slot slot_;
  const_buffer piece_;
  alignas(8) std::byte control_[os::datagram_control_size];
};

/// A UDP socket. Datagrams go whole or not at all, and may be lost, doubled and reordered on the
/// way: the kernel drops what finds no room in the receive buffer. Any task may send while any
/// receives.
///
/// A receive that throws `cancelled` has taken no datagram: the next receive gets it. Where a
/// connected socket's peer refuses (an ICMP message came back), the next await throws
/// `errc::connection_refused`, once, and the socket goes on.
///
/// Thread: as that of a `tcp_stream`: the loop's, or that of whichever task uses it. Lifetime:
/// within the loop's. Stays where it is while it is awaited.
class udp_socket : public socket_handle {
  using site = std::source_location;

 public:
  using bind_options = udp_options;  ///< for who binds any kind of socket: see shard::bind
  /// The longest datagram over IPv4; over IPv6 it is 20 bytes more.
  static constexpr std::size_t max_bytes = 65507;

  udp_socket() noexcept = default;  ///< closed
  udp_socket(udp_socket&&) noexcept = default;
  udp_socket& operator=(udp_socket&&) noexcept = default;

  /// A socket that receives what is sent to `address`, port 0 meaning a free one:
  /// `co_await udp_socket::bind("127.0.0.1:0")`; "*:53" for IPv6 and IPv4.
  static ready_result<udp_socket> bind(std::string_view address, const udp_options& options = {});
  static ready_result<udp_socket> bind(const socket_address& address,
                                       const udp_options& options = {});
  /// Outside of tasks; served by `l`.
  static result<udp_socket> bind(loop& l, const socket_address& address,
                                 const udp_options& options = {});
  /// A socket at any free port, for one peer: it receives from nobody else, and hears refusals.
  /// Nothing is sent by this.
  static ready_result<udp_socket> connect(std::string_view to, const udp_options& options = {});
  static ready_result<udp_socket> connect(const socket_address& to,
                                          const udp_options& options = {});

  /// The next datagram, as much of it as there is room for. One of 0 bytes is one, too.
  udp_receive_awaiter receive(std::span<std::byte> into, site where = site::current()) noexcept {
    return udp_receive_awaiter(*this, into, where);
  }
  /// As many as wait, at least one, at most those that `into` has room for -> how many.
  udp_receive_many_awaiter receive_many(datagram_batch& into,
                                        site where = site::current()) noexcept {
    return udp_receive_many_awaiter(*this, into, where);
  }

  /// To the peer of a connected socket. Throws `errc::message_too_long` for more than a datagram
  /// holds; nothing has been sent then.
  udp_send_awaiter send(std::span<const std::byte> bytes, site where = site::current()) noexcept {
    return udp_send_awaiter(*this, outgoing_datagram(bytes), where);
  }
  udp_send_awaiter send(std::string_view text, site where = site::current()) noexcept {
    return udp_send_awaiter(*this, outgoing_datagram(text), where);
  }
  udp_send_awaiter send_to(std::span<const std::byte> bytes, const socket_address& to,
                           site where = site::current()) noexcept {
    return udp_send_awaiter(*this, outgoing_datagram(bytes, to), where);
  }
  udp_send_awaiter send_to(std::string_view text, const socket_address& to,
                           site where = site::current()) noexcept {
    return udp_send_awaiter(*this, outgoing_datagram(text, to), where);
  }
  udp_send_awaiter send(const outgoing_datagram& what, site where = site::current()) noexcept {
    return udp_send_awaiter(*this, what, where);
  }

  /// All of them, in their order, with as few system calls as can be -> how many have gone. Fewer
  /// than all where one failed or a cancel came; that is thrown only where none has gone, so
  /// sending the rest meets it.
  task<std::size_t> send_many(std::span<const outgoing_datagram> what);
  /// `what.bytes` as datagrams of `segment_size` each, the last with the rest -> how many have
  /// gone; as with `send_many` that may be fewer than all. The kernel cuts them where it can
  /// (UDP_SEGMENT: up to 64 for the price of one), otherwise they are sent as a batch.
  task<std::size_t> send_segments(outgoing_datagram what, std::size_t segment_size);

  /// Ends what is awaited (`errc::closed`) and closes. Idempotent.
  void close() noexcept { close_descriptor(); }

  /// From now on this one peer, or any again.
  result<void> connect_to(const socket_address& peer);
  result<void> disconnect();

  /// To receive what is sent to a group; several may be joined.
  result<void> join(const multicast_group& group);
  result<void> leave(const multicast_group& group);
  /// The interface, by name or number, that own multicast leaves through.
  result<void> send_multicast_by(std::string_view interface);

  using socket_handle::set_option;
  result<void> set_option(os::datagram_option which, int value);

  result<socket_address> local_address() const;
  result<socket_address> remote_address() const;
  bool is_v6() const noexcept { return v6_; }

 private:
  friend class udp_receive_awaiter;
  friend class udp_receive_many_awaiter;
  friend class udp_send_awaiter;

  udp_socket(loop* home, int descriptor, bool v6) noexcept
      : socket_handle(home, descriptor), v6_(v6) {}
  static result<udp_socket> open(loop* home, bool v6, const udp_options& options);
  static result<udp_socket> bound(loop* home, const socket_address& address,
                                  const udp_options& options);
  static result<udp_socket> connected(const socket_address& to, const udp_options& options);
  int configure(const udp_options& options);
  result<void> change_group(const multicast_group& group, bool joins);

  bool v6_ = false;
  bool segments_ = false;      // the kernel cuts what is sent into datagrams
  bool tells_extras_ = false;  // somebody has asked for what travels beside the bytes
};

}  // namespace rondo
