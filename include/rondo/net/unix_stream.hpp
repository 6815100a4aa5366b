#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/async/ready_result.hpp>
#include <rondo/net/stream_listener.hpp>
#include <rondo/net/stream_socket.hpp>
#include <rondo/net/unix_message.hpp>

namespace rondo {

/// A connection between two processes of one machine: a `stream_socket` that knows who is at the
/// other end, and takes descriptors along.
class unix_stream : public stream_socket {
 public:
  using stream_socket::stream_socket;

  /// `co_await unix_stream::connect("/run/app.sock")`, "@name". Where the listener's queue is full
  /// it tries again (1 ms, doubling up to 100 ms), until it is cancelled: the kernel tells nobody
  /// of room. Throws `errc::connection_refused` where nobody listens, `errc::not_found` for no
  /// file.
  static task<unix_stream> connect(std::string to);
  static task<unix_stream> connect(unix_address to);
  /// Two that are connected with each other.
  static ready_result<std::pair<unix_stream, unix_stream>> pair();

  /// Sends all of the bytes, at least one, with copies of the descriptors, at most 253, which
  /// arrive with the first byte. After a failure or a cancel some of it may have been sent.
  task<> send_with(std::span<const std::byte> bytes, std::span<const int> descriptors);
  task<> send_with(std::string_view text, std::span<const int> descriptors);
  /// At least one byte, and what came with it; none at the end. Where descriptors may come, receive
  /// by this alone: a plain read lets the kernel close them, and a `read_some` may have read ahead
  /// (after one this throws `errc::invalid_argument`).
  task<unix_message> receive_with(std::span<std::byte> into);

  /// The process that connected, or the one that listens.
  result<unix_credentials> peer_credentials() const;
  result<unix_address> local_address() const;
  result<unix_address> remote_address() const;
};

/// A listening Unix socket.
class unix_listener : public stream_listener {
  using site = std::source_location;

 public:
  using bind_options = unix_bind_options;  ///< for who binds any kind of socket: see shard::bind

  unix_listener() noexcept = default;  ///< closed

  /// `co_await unix_listener::bind("/run/app.sock")`, "@name". Throws `error`.
  static task<unix_listener> bind(std::string address, unix_bind_options options = {});
  /// Outside of tasks.
  static result<unix_listener> bind(loop& l, std::string_view address,
                                    const unix_bind_options& options = {});

  /// See stream_listener::accept.
  accept_awaiter_of<unix_stream> accept(site where = site::current()) noexcept {
    return {*this, where};
  }

  result<unix_address> local_address() const;

 private:
  using stream_listener::stream_listener;
};

}  // namespace rondo
