#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <rondo/base/error.hpp>
#include <rondo/base/result.hpp>
#include <rondo/base/unique_function.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/os/address.hpp>

namespace rondo {

/// How a socket behaves.
struct socket_options {
  socket_options() noexcept = default;

  std::size_t high_water = 64 * 1024;  ///< from here on `write` asks to wait for `on_drain`
  std::size_t low_water = 16 * 1024;   ///< down to here before `on_drain` is called
  bool allow_half_open = false;        ///< after the peer's end, leave the own end to `end()`
  bool no_delay = true;                ///< of a client: send small writes at once (TCP_NODELAY)
};

/// A TCP connection for callbacks, without a coroutine in sight: Node's net.Socket.
///
/// This object is a handle: copies name the same socket, so callbacks may hold one. The socket
/// itself lives until it is closed, by `destroy`, by an error or because both directions have
/// ended, whether or not a handle is left; it drops its callbacks then. After the close every call
/// on a handle does nothing.
///
/// Callbacks run one at a time from the loop, never from inside a call on the socket, and may throw
/// (see loop::on_uncaught): the socket goes on. Thread: the loop's. Lifetime: within the loop's,
/// which must turn until `on_close` before it is destroyed.
class tcp_socket {
 public:
  tcp_socket() noexcept = default;  ///< names none
  /// Takes over a connected descriptor that is as `loop.backend().wants_nonblocking()` says.
  tcp_socket(loop& l, int descriptor, socket_options options = {});
  /// Begins to connect. What is written meanwhile waits. Throws `error` where there is no socket
  /// to be had; what comes of it is told to `on_connect` or `on_error`.
  static tcp_socket connect(loop& l, const socket_address& to, socket_options options = {});

  tcp_socket(const tcp_socket& other) noexcept;
  tcp_socket(tcp_socket&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  tcp_socket& operator=(tcp_socket other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~tcp_socket();

  // What to call. Each replaces the one before.
  void on_connect(callback f);
  /// Some bytes, which lie in a buffer of the loop's for the time of the call. Reading begins when
  /// this is set.
  void on_data(unique_function<void(std::span<const std::byte>)> f);
  /// The peer sends no more.
  void on_end(callback f);
  /// The buffer is down to the low mark, after `write` had answered false.
  void on_drain(callback f);
  /// Before the `on_close` that follows. Where none is set the error is thrown to the loop.
  void on_error(unique_function<void(const error&)> f);
  /// The last call of all, in the loop's close phase.
  void on_close(callback f);
  /// Nothing was read or written for `idle`. What to do about it is up to `f`.
  void set_timeout(duration idle, callback f);

  /// Copies what cannot be sent at once. False where the buffer has reached the high mark:
  /// everything is kept all the same, but wait for `on_drain` before you write more. Throws
  /// std::bad_alloc.
  bool write(std::span<const std::byte> bytes);
  bool write(std::string_view text) { return write(std::as_bytes(std::span(text))); }
  /// Bytes that were written and not handed to the kernel yet.
  std::size_t buffered() const noexcept;
  /// Ends the own direction once the buffer is empty.
  void end() noexcept;
  /// Ends it all now; what is buffered is dropped.
  void destroy() noexcept;

  /// No `on_data` until `resume`: the peer feels that, once the kernel's buffers are full.
  void pause() noexcept;
  void resume() noexcept;
  bool is_paused() const noexcept;

  /// Whether the socket keeps the loop alive. True from the start.
  void ref() noexcept;
  void unref() noexcept;

  bool is_open() const noexcept;
  int descriptor() const noexcept;  ///< -1 once closed
  result<socket_address> local_address() const;
  result<socket_address> remote_address() const;

 private:
  struct state;  // src/net/tcp_socket.cpp

  state* state_ = nullptr;
};

/// How to listen, and what the accepted sockets are like.
struct server_options : listen_options {
  server_options() noexcept = default;

  socket_options sockets;
};

/// A listening socket for callbacks: Node's net.Server. A handle, like `tcp_socket`: the server
/// listens until `close`. Thread and lifetime as there.
class tcp_server {
 public:
  using connection_callback = unique_function<void(tcp_socket)>;

  tcp_server() noexcept = default;  ///< names none
  /// Binds, listens (port 0: a free one) and calls `f` with each connection. Where descriptors have
  /// run out it pauses and tries again. Fails with what was wrong.
  static result<tcp_server> listen(loop& l, const socket_address& address, connection_callback f,
                                   server_options options = {});

  tcp_server(const tcp_server& other) noexcept;
  tcp_server(tcp_server&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  tcp_server& operator=(tcp_server other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~tcp_server();

  /// What the kernel refuses an accept with, descriptors apart; listening ends with it. Where none
  /// is set the error is thrown to the loop.
  void on_error(unique_function<void(const error&)> f);
  /// The last call of all, in the loop's close phase.
  void on_close(callback f);

  /// Listens no more. Connections that were accepted go on.
  void close() noexcept;
  bool is_open() const noexcept;
  result<socket_address> local_address() const;
  /// How often accepting had to pause so far, for want of descriptors.
  std::uint64_t pauses() const noexcept;
  /// Whether the server keeps the loop alive. True from the start.
  void ref() noexcept;
  void unref() noexcept;

 private:
  struct state;  // src/net/tcp_server.cpp

  explicit tcp_server(state* s) noexcept;

  state* state_ = nullptr;
};

}  // namespace rondo
