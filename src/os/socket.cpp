// Socket calls without their habits: no SIGPIPE, no EINTR, no inherited descriptors.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include <algorithm>

#include <rondo/os/clock.hpp>
#include <rondo/os/socket.hpp>

#include "os/direct_calls.hpp"
#include "os/retried.hpp"

namespace rondo::os {

static_assert(sizeof(const_buffer) == sizeof(iovec));
static_assert(offsetof(const_buffer, data) == offsetof(iovec, iov_base));
static_assert(offsetof(const_buffer, size) == offsetof(iovec, iov_len));

namespace {

const sockaddr* as_sockaddr(const void* bytes) noexcept {
  return static_cast<const sockaddr*>(bytes);
}

template <class Call>
int address_by(Call call, int fd, socket_address& out) noexcept {
  out.prepare_to_receive();
  auto* const bytes = static_cast<sockaddr*>(out.data());
  const int got = retried([&] { return call(fd, bytes, out.size_address()); });
  if (got >= 0 && (bytes->sa_family == AF_INET || bytes->sa_family == AF_INET6)) return got;
  out = {};
  return got < 0 ? got : -EAFNOSUPPORT;
}

struct option_row {
  int level;
  int name;
};

option_row row_of(option which) noexcept {
  switch (which) {
    case option::no_delay:
      return {IPPROTO_TCP, TCP_NODELAY};
    case option::reuse_address:
      return {SOL_SOCKET, SO_REUSEADDR};
    case option::reuse_port:
      return {SOL_SOCKET, SO_REUSEPORT};
    case option::keep_alive:
      return {SOL_SOCKET, SO_KEEPALIVE};
    case option::v6_only:
      return {IPPROTO_IPV6, IPV6_V6ONLY};
    case option::send_buffer:
      return {SOL_SOCKET, SO_SNDBUF};
    case option::receive_buffer:
      return {SOL_SOCKET, SO_RCVBUF};
    case option::linger_seconds:
      return {SOL_SOCKET, SO_LINGER};
  }
  return {0, 0};
}

}  // namespace

int open_tcp_socket(bool v6, bool nonblocking) noexcept {
  const int flags = SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0);
  return retried([&] { return ::socket(v6 ? AF_INET6 : AF_INET, flags, 0); });
}

int bind(int fd, const socket_address& address) noexcept {
  return retried([&] { return ::bind(fd, as_sockaddr(address.data()), address.size()); });
}

int listen(int fd, int backlog) noexcept {
  return retried([&] { return ::listen(fd, backlog); });
}

const char* why_not_listening(int fd) noexcept {
  const auto ask = [fd](int name, int& value) {
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0;
  };
  int family = 0;
  int type = 0;
  int listens = 0;
  if (!ask(SO_DOMAIN, family)) return errno == EBADF ? "is not open" : "is no socket";
  if (family != AF_INET && family != AF_INET6) return "is a socket of another family than IP";
  if (!ask(SO_TYPE, type) || type != SOCK_STREAM) return "is no TCP socket";
  if (!ask(SO_ACCEPTCONN, listens) || listens == 0) return "is a TCP socket that does not listen";
  return nullptr;
}

int accept(int fd, bool nonblocking) noexcept {
  const int flags = SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0);
  return retried([&] { return ::accept4(fd, nullptr, nullptr, flags); });
}

int connect(int fd, const void* address, std::uint32_t size) noexcept {
  // Not retried: an interrupted connect goes on by itself, and a second call would say EALREADY.
  if (::connect(fd, as_sockaddr(address), size) == 0) return 0;
  return errno == EINTR ? -EINPROGRESS : -errno;
}

int pending_error(int fd) noexcept {
  int value = 0;
  socklen_t size = sizeof value;
  const int got = retried([&] { return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &size); });
  return got < 0 ? got : -value;
}

int receive(int fd, void* data, std::size_t size) noexcept {
  return retried([&] { return direct::recv(fd, data, size, MSG_DONTWAIT); });
}

int send(int fd, const void* data, std::size_t size) noexcept {
  return retried([&] { return direct::send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL); });
}

int send_vector(int fd, const const_buffer* pieces, std::size_t count) noexcept {
  msghdr message = {};
  message.msg_iov = const_cast<iovec*>(reinterpret_cast<const iovec*>(pieces));
  message.msg_iovlen = count < IOV_MAX ? count : IOV_MAX;
  return retried([&] { return direct::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
}

int shutdown(int fd, direction how) noexcept {
  const int native = how == direction::read    ? SHUT_RD
                     : how == direction::write ? SHUT_WR
                                               : SHUT_RDWR;
  return retried([&] { return ::shutdown(fd, native); });
}

int local_address(int fd, socket_address& out) noexcept {
  return address_by(::getsockname, fd, out);
}

int remote_address(int fd, socket_address& out) noexcept {
  return address_by(::getpeername, fd, out);
}

int set_option(int fd, option which, int value) noexcept {
  const option_row row = row_of(which);
  if (which == option::linger_seconds) {
    const linger l = {.l_onoff = value >= 0, .l_linger = value >= 0 ? value : 0};
    return retried([&] { return ::setsockopt(fd, row.level, row.name, &l, sizeof l); });
  }
  return retried([&] { return ::setsockopt(fd, row.level, row.name, &value, sizeof value); });
}

int get_option(int fd, option which, int& out) noexcept {
  const option_row row = row_of(which);
  if (which == option::linger_seconds) {
    linger l = {};
    socklen_t size = sizeof l;
    const int got = retried([&] { return ::getsockopt(fd, row.level, row.name, &l, &size); });
    out = l.l_onoff != 0 ? l.l_linger : -1;
    return got;
  }
  socklen_t size = sizeof out;
  return retried([&] { return ::getsockopt(fd, row.level, row.name, &out, &size); });
}

int set_nonblocking(int fd, bool on) noexcept {
  const int flags = retried([&] { return ::fcntl(fd, F_GETFL); });
  if (flags < 0) return flags;
  return retried(
      [&] { return ::fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK); });
}

int poll_one(int fd, bool read, bool write, duration timeout) noexcept {
  pollfd entry = {};
  entry.fd = fd;
  entry.events = static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0));
  const instant deadline =
      timeout == duration::max() ? instant::never() : real_clock().now() + timeout;
  const int got = retried([&] {  // an interruption must not begin the wait anew
    if (deadline.is_never()) return ::ppoll(&entry, 1, nullptr, nullptr);
    const std::int64_t left_ns =
        std::max<std::int64_t>(0, (deadline - real_clock().now()).count_ns());
    const timespec left = {.tv_sec = left_ns / 1'000'000'000, .tv_nsec = left_ns % 1'000'000'000};
    return ::ppoll(&entry, 1, &left, nullptr);
  });
  if (got <= 0) return got;
  const bool failed = (entry.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  return (failed || (entry.revents & POLLIN) != 0 ? 1 : 0) +
         (failed || (entry.revents & POLLOUT) != 0 ? 2 : 0);
}

}  // namespace rondo::os
