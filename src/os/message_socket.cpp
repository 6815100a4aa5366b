// Messages with descriptors. The delicate part is what the kernel does where it has no room: it
// cuts the message or the list of descriptors short, says so in a flag, and has already made
// numbers for those that fitted.
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>

#include <rondo/os/message_socket.hpp>

namespace rondo::os {

namespace {

constexpr std::size_t control_size = CMSG_SPACE(max_passed_descriptors * sizeof(int));

/// Calls until it is not interrupted. An error that the peer's leaving has left behind (it had not
/// read everything) is told once, and before messages that still wait: it is passed over.
template <class Call>
int retried(Call call) noexcept {
  bool was_reset = false;
  for (;;) {
    const ssize_t outcome = call();
    if (outcome >= 0) return static_cast<int>(outcome);
    if (errno == ECONNRESET && !was_reset) {
      was_reset = true;
    } else if (errno != EINTR) {
      return -errno;
    }
  }
}

int receive(int fd, msghdr& message, int flags) noexcept {
  return retried([&] { return ::recvmsg(fd, &message, flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC); });
}

/// Takes ownership of every descriptor that the kernel has made for this message. There is room for
/// them: nothing may fail before all are owned.
void take_descriptors(msghdr& message, std::vector<os::fd>& out) noexcept {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      memcpy(&number, CMSG_DATA(c) + i * sizeof(int), sizeof number);
      out.emplace_back(number);
    }
  }
}

}  // namespace

int open_message_pair(fd& one, fd& other) noexcept {
  int pair[2];
  const int type = SOCK_SEQPACKET | SOCK_CLOEXEC;
  if (::socketpair(AF_UNIX, type, 0, pair) != 0) return -errno;
  one.reset(pair[0]);
  other.reset(pair[1]);
  return 0;
}

int check_message_socket(int fd) noexcept {
  int domain = 0;
  int type = 0;
  socklen_t size = sizeof domain;
  if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return -errno;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return -errno;
  return domain == AF_UNIX && type == SOCK_SEQPACKET ? 0 : -EPROTOTYPE;
}

int send_message(int fd, std::span<const const_buffer> pieces,
                 std::span<const int> descriptors) noexcept {
  if (descriptors.size() > max_passed_descriptors) return -EINVAL;
  alignas(cmsghdr) unsigned char control[control_size];
  msghdr message = {};
  // The layout is asserted in socket.cpp.
  message.msg_iov = const_cast<iovec*>(reinterpret_cast<const iovec*>(pieces.data()));
  message.msg_iovlen = pieces.size();
  if (!descriptors.empty()) {
    const std::size_t bytes = descriptors.size() * sizeof(int);
    memset(control, 0, CMSG_SPACE(bytes));
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(bytes);
    cmsghdr* const c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(bytes);
    memcpy(CMSG_DATA(c), descriptors.data(), bytes);
  }
  return retried([&] { return ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
}

int waiting_message(int fd) noexcept {
  msghdr message = {};
  return receive(fd, message, MSG_PEEK | MSG_TRUNC);
}

int receive_message(int fd, void* into, std::size_t size, std::vector<os::fd>& descriptors) {
  const std::size_t before = descriptors.size();
  descriptors.reserve(before + max_passed_descriptors);
  alignas(cmsghdr) unsigned char control[control_size];
  iovec piece = {.iov_base = into, .iov_len = size};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const int got = receive(fd, message, 0);
  if (got < 0) return got;
  take_descriptors(message, descriptors);
  // The room for descriptors is as much as a message can bring, so it was numbers that have run
  // out.
  const int failure = (message.msg_flags & MSG_CTRUNC) != 0  ? -EMFILE
                      : (message.msg_flags & MSG_TRUNC) != 0 ? -EMSGSIZE
                                                             : 0;
  if (failure == 0) return got;
  descriptors.resize(before);
  return failure;
}

}  // namespace rondo::os
