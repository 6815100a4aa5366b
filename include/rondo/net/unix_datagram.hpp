#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/async/ready_result.hpp>
#include <rondo/net/socket_file.hpp>
#include <rondo/net/socket_handle.hpp>
#include <rondo/net/stream_listener.hpp>
#include <rondo/net/unix_message.hpp>

namespace rondo {

/// What is sent as one message. All that it names is used until the await ends.
struct unix_parcel {
  unix_parcel() noexcept = default;
  explicit unix_parcel(std::span<const std::byte> of) noexcept : bytes(of) {}
  explicit unix_parcel(std::string_view text) noexcept : bytes(std::as_bytes(std::span(text))) {}

  std::span<const std::byte> bytes;
  std::span<const int> descriptors;  ///< at most 253; copied to the peer, and open here as before
  unix_address to;                   ///< of a datagram; empty: the socket's peer
};

/// What Unix sockets that keep messages whole have in common. Nothing is lost on the way, and
/// nothing reordered. A send that throws `cancelled` has sent nothing, a receive that throws it has
/// taken nothing.
///
/// Thread: as that of a `tcp_stream`: the loop's, or that of whichever task uses it; any task may
/// send while any receives. Lifetime: within the loop's. Stays where it is while it is awaited.
class unix_message_socket : public socket_handle {
 public:
  /// The next message, as much of it as there is room for, and what came with it. A socket that
  /// waits for one holds no memory for it.
  task<unix_message> receive(std::span<std::byte> into);

  /// The message, whole. Throws `errc::message_too_long` where it is more than the socket's send
  /// buffer takes, `errc::broken_pipe` or `errc::connection_refused` where the peer is gone.
  task<> send(unix_parcel what);
  task<> send(std::span<const std::byte> bytes);
  task<> send(std::string_view text);

  /// The process at the other end of a connection or a pair.
  result<unix_credentials> peer_credentials() const;
  /// Each message says who sent it: see unix_message::sender.
  result<void> tell_credentials(bool on);
  result<unix_address> local_address() const;

  /// Ends what is awaited (`errc::closed`) and closes. Idempotent.
  void close() noexcept {
    const owned<socket_file> found_no_more = std::move(file_);
    close_descriptor();
  }

 protected:
  unix_message_socket() noexcept = default;
  /// `never_empty`: a message of no bytes is refused.
  unix_message_socket(int descriptor, bool never_empty) noexcept
      : socket_handle(nullptr, descriptor), never_empty_(never_empty) {}
  void own_file(owned<socket_file> file) noexcept { file_ = std::move(file); }

 private:
  owned<socket_file> file_;
  bool never_empty_ = false;
};

/// Messages from anybody to anybody, without a connection (or with one peer alone).
class unix_datagram : public unix_message_socket {
 public:
  unix_datagram() noexcept = default;  ///< closed
  explicit unix_datagram(int descriptor) noexcept : unix_message_socket(descriptor, false) {}

  /// A socket that receives what is sent to `address`.
  static ready_result<unix_datagram> bind(std::string_view address,
                                          const unix_bind_options& options = {});
  /// A socket for one peer, which can't answer one without an address: see `pair`.
  static ready_result<unix_datagram> connect(std::string_view to);
  /// One that only sends, to any `unix_parcel::to`.
  static ready_result<unix_datagram> unbound();
  static ready_result<std::pair<unix_datagram, unix_datagram>> pair();

  /// Where the receiver's queue is full, tries again (1 ms, doubling up to 100 ms): of room with a
  /// receiver that a socket is not connected to, the kernel tells nobody.
  task<> send_to(std::span<const std::byte> bytes, unix_address to);
  task<> send_to(std::string_view text, unix_address to);
};

/// Messages between two that are connected. No bytes are the end of the connection; a message of no
/// bytes, which the receiver could not tell from it, is refused (`errc::invalid_argument`).
class unix_seqpacket : public unix_message_socket {
 public:
  unix_seqpacket() noexcept = default;  ///< closed
  explicit unix_seqpacket(int descriptor) noexcept : unix_message_socket(descriptor, true) {}

  /// As unix_stream::connect.
  static task<unix_seqpacket> connect(std::string to);
  static ready_result<std::pair<unix_seqpacket, unix_seqpacket>> pair();
};

/// Listens for connections that keep messages whole.
class unix_seqpacket_listener : public stream_listener {
  using site = std::source_location;

 public:
  using bind_options = unix_bind_options;

  unix_seqpacket_listener() noexcept = default;  ///< closed
  static task<unix_seqpacket_listener> bind(std::string address, unix_bind_options options = {});
  static result<unix_seqpacket_listener> bind(loop& l, std::string_view address,
                                              const unix_bind_options& options = {});
  /// See stream_listener::accept.
  accept_awaiter_of<unix_seqpacket> accept(site where = site::current()) noexcept {
    return {*this, where};
  }

 private:
  using stream_listener::stream_listener;
};

}  // namespace rondo
