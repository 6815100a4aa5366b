#pragma once

#include <cstddef>
#include <cstdint>

#include <rondo/base/time.hpp>
#include <rondo/os/address.hpp>

namespace rondo {

/// One piece of a vectored write. The layout of the kernel's iovec (asserted in os/socket.cpp).
struct const_buffer {
  const void* data = nullptr;
  std::size_t size = 0;

  const_buffer() noexcept = default;
  const_buffer(const void* bytes, std::size_t count) noexcept : data(bytes), size(count) {}
};

}  // namespace rondo

/// The socket calls of the kernel, with its results as "a count, or the negated errno". None blocks
/// on a non-blocking descriptor, none raises SIGPIPE, all retry on EINTR.
namespace rondo::os {

/// A TCP socket, close-on-exec. -> descriptor
int open_tcp_socket(bool v6, bool nonblocking) noexcept;
int bind(int fd, const socket_address& address) noexcept;
int listen(int fd, int backlog) noexcept;
/// Whether a descriptor from somewhere else is a TCP socket that listens. -> null where it is, or
/// what it is instead, as the end of a sentence.
const char* why_not_listening(int fd) noexcept;

/// Takes one waiting connection, close-on-exec. -> descriptor. Whether it waits for one is the
/// listening descriptor's O_NONBLOCK; `nonblocking` is what the new one gets.
int accept(int fd, bool nonblocking) noexcept;

/// Begins to connect; 0 where that ended at once, `in_progress` where writability will tell.
int connect(int fd, const void* address, std::uint32_t size) noexcept;
/// What became of a connect: 0 or a negated errno. Clears it (SO_ERROR).
int pending_error(int fd) noexcept;

/// Never wait, whatever the descriptor's flags are.
int receive(int fd, void* data, std::size_t size) noexcept;
int send(int fd, const void* data, std::size_t size) noexcept;
/// Sends at most the first 1,024 pieces (IOV_MAX); a short count is normal.
int send_vector(int fd, const const_buffer* pieces, std::size_t count) noexcept;

/// Which half of a connection ends.
enum class direction { read, write, both };
int shutdown(int fd, direction how) noexcept;

/// Fail with not_supported (EAFNOSUPPORT) on a socket that is neither IPv4 nor IPv6.
int local_address(int fd, socket_address& out) noexcept;
int remote_address(int fd, socket_address& out) noexcept;

/// What `set_option` and `get_option` know; on and off are 1 and 0, a negative linger is off.
enum class option {
  no_delay,
  reuse_address,
  reuse_port,
  keep_alive,
  v6_only,
  send_buffer,
  receive_buffer,
  linger_seconds
};
int set_option(int fd, option which, int value) noexcept;
/// -> 0, with the value in `out`.
int get_option(int fd, option which, int& out) noexcept;

/// Sets or clears O_NONBLOCK. -> 0 or a negated errno
int set_nonblocking(int fd, bool on) noexcept;

/// Waits for the descriptor itself: +1 readable, +2 writable (errors and hang-ups count as both);
/// 0 after `timeout`, at once where that is negative, never where it is `duration::max()`. For code
/// without a loop.
int poll_one(int fd, bool read, bool write, duration timeout) noexcept;

}  // namespace rondo::os
