// For libraries that make their own calls (c-ares): only this room may set errno.
#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <rondo/os/library_sockets.hpp>

namespace rondo::os {

namespace {

template <class Call>
auto retried(Call call) noexcept {
  for (;;) {
    const auto outcome = call();
    if (outcome >= 0 || errno != EINTR) return outcome;
  }
}

}  // namespace

int library_socket(int family, int type, int protocol) noexcept {
  return ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

int library_connect(int fd, const void* sockaddr, std::uint32_t size) noexcept {
  return ::connect(fd, static_cast<const struct sockaddr*>(sockaddr), size);
}

std::ptrdiff_t library_receive(int fd, void* into, std::size_t size, void* sockaddr,
                               std::uint32_t* sockaddr_size) noexcept {
  return retried([&] {
    return ::recvfrom(fd, into, size, MSG_DONTWAIT, static_cast<struct sockaddr*>(sockaddr),
                      sockaddr_size);
  });
}

std::ptrdiff_t library_send(int fd, const void* iovecs, int count) noexcept {
  msghdr message = {};
  message.msg_iov = static_cast<iovec*>(const_cast<void*>(iovecs));  // sendmsg only reads them
  message.msg_iovlen = static_cast<std::size_t>(count);
  return retried([&] { return ::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT); });
}

}  // namespace rondo::os
