// Unix sockets: names, files that outlive their sockets, and descriptors on their way. The delicate
// part of those is what the kernel does where it has no room: see receive_unix.
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <rondo/os/errors.hpp>
#include <rondo/os/message_socket.hpp>
#include <rondo/os/unix_socket.hpp>

#include "os/direct_calls.hpp"
#include "os/retried.hpp"

namespace rondo {

result<unix_address> unix_address::parse(std::string_view text) {
  static_assert(sizeof(sockaddr_un) == capacity && offsetof(sockaddr_un, sun_path) == prefix);
  constexpr std::size_t longest = capacity - prefix - 1;  // a path ends with a zero
  const bool abstract = text.starts_with('@');
  if (text.empty() || text == "@" || (!abstract && text.find('\0') != text.npos)) {
    return std::unexpected(os::make_error(errc::invalid_argument, "address of a Unix socket",
                                          "\"" + std::string(text) + "\", a path or @name"));
  }
  if (text.size() > longest) {
    return std::unexpected(os::make_error(-ENAMETOOLONG, "address of a Unix socket", text,
                                          "it holds at most " + std::to_string(longest) +
                                              " bytes; a path from the working folder is shorter"));
  }
  unix_address made;
  const sa_family_t family = AF_UNIX;
  memcpy(made.bytes_, &family, sizeof family);
  memcpy(made.bytes_ + prefix, text.data(), text.size());
  if (abstract) made.bytes_[prefix] = 0;
  made.size_ = static_cast<std::uint32_t>(prefix + text.size() + (abstract ? 0 : 1));
  return made;
}

void unix_address::received(std::uint32_t size) noexcept {
  size_ = size > capacity ? capacity : size;
  if (size_ <= prefix) size_ = 0;
}

std::string unix_address::to_string() const {
  if (size_ <= prefix) return {};
  const auto* const name = reinterpret_cast<const char*>(bytes_ + prefix);
  const std::size_t size = size_ - prefix;
  if (is_abstract()) return "@" + std::string(name + 1, size - 1);
  return std::string(name, strnlen(name, size));
}

namespace os {

namespace {

constexpr std::size_t control_size =
    CMSG_SPACE(max_passed_descriptors * sizeof(int)) + CMSG_SPACE(sizeof(ucred));

int type_of(unix_kind kind) noexcept {
  switch (kind) {
    case unix_kind::stream:
      return SOCK_STREAM;
    case unix_kind::datagram:
      return SOCK_DGRAM;
    case unix_kind::seqpacket:
      return SOCK_SEQPACKET;
  }
  return SOCK_STREAM;
}

int flags_of(unix_kind kind, bool nonblocking) noexcept {
  return type_of(kind) | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0);
}

const sockaddr* as_sockaddr(const unix_address& address) noexcept {
  return static_cast<const sockaddr*>(address.data());
}

const char* path_of(const unix_address& address) noexcept {
  return static_cast<const sockaddr_un*>(address.data())->sun_path;
}

template <class Call>
int address_by(Call call, int fd, unix_address& out) noexcept {
  out.prepare_to_receive();
  socklen_t size = out.size();
  const int got = call(fd, static_cast<sockaddr*>(out.data()), &size) == 0 ? 0 : -errno;
  out.received(got == 0 ? size : 0);
  return got;
}

/// Takes over what came with a message. There is room: nothing may fail before all is owned.
void take_extras(msghdr& message, std::vector<os::fd>& descriptors, unix_extras& out) noexcept {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    if (c->cmsg_type == SCM_RIGHTS) {
      const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int number = -1;
        memcpy(&number, CMSG_DATA(c) + i * sizeof(int), sizeof number);
        descriptors.emplace_back(number);
      }
    } else if (c->cmsg_type == SCM_CREDENTIALS) {
      ucred who = {};
      memcpy(&who, CMSG_DATA(c), sizeof who);
      out.sender = {.process = who.pid, .user = who.uid, .group = who.gid};
      out.has_sender = true;
    }
  }
}

}  // namespace

int open_unix_socket(unix_kind kind, bool nonblocking) noexcept {
  return retried([&] { return ::socket(AF_UNIX, flags_of(kind, nonblocking), 0); });
}

int open_unix_pair(unix_kind kind, bool nonblocking, fd& one, fd& other) noexcept {
  int pair[2];
  if (::socketpair(AF_UNIX, flags_of(kind, nonblocking), 0, pair) != 0) return -errno;
  one.reset(pair[0]);
  other.reset(pair[1]);
  return 0;
}

int bind_unix(int fd, const unix_address& address, int mode, file_identity& bound) noexcept {
  // The file is made with the permissions of the socket's own inode, less the umask. So it never
  // has more than `mode`, and then gets what the umask has taken away.
  if (mode >= 0 && ::fchmod(fd, static_cast<mode_t>(mode)) != 0) return -errno;
  if (::bind(fd, as_sockaddr(address), address.size()) != 0) return -errno;
  if (!address.is_path()) return 0;
  if (mode >= 0 && ::chmod(path_of(address), static_cast<mode_t>(mode)) != 0) return -errno;
  struct stat file = {};
  if (::lstat(path_of(address), &file) != 0) return -errno;
  bound = {.device = file.st_dev, .number = file.st_ino};
  return 0;
}

int remove_stale(unix_kind kind, const unix_address& address) noexcept {
  if (!address.is_path()) return -EADDRINUSE;
  struct stat file = {};
  if (::lstat(path_of(address), &file) != 0) return errno == ENOENT ? 0 : -errno;
  if (!S_ISSOCK(file.st_mode)) return -EADDRINUSE;
  const fd probe(open_unix_socket(kind, true));
  if (!probe) return last_error();
  // Only a refusal says that nobody is there; a full queue, say, is somebody.
  if (::connect(probe.get(), as_sockaddr(address), address.size()) == 0) return -EADDRINUSE;
  if (errno != ECONNREFUSED) return -EADDRINUSE;
  remove_bound(path_of(address), {.device = file.st_dev, .number = file.st_ino});
  return 0;
}

void remove_bound(const char* path, const file_identity& bound) noexcept {
  struct stat file = {};
  if (::lstat(path, &file) != 0) return;
  if (file.st_dev == bound.device && file.st_ino == bound.number) ::unlink(path);
}

int local_unix_address(int fd, unix_address& out) noexcept {
  return address_by(::getsockname, fd, out);
}

int remote_unix_address(int fd, unix_address& out) noexcept {
  return address_by(::getpeername, fd, out);
}

int peer_credentials(int fd, unix_credentials& out) noexcept {
  ucred who = {};
  socklen_t size = sizeof who;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return -errno;
  out = {.process = who.pid, .user = who.uid, .group = who.gid};
  return 0;
}

int tell_credentials(int fd, bool on) noexcept {
  const int value = on ? 1 : 0;
  return ::setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &value, sizeof value) == 0 ? 0 : -errno;
}

int receive_unix(int fd, std::span<std::byte> into, std::vector<os::fd>& descriptors,
                 unix_address* from, unix_extras& extras) noexcept try {
  const std::size_t before = descriptors.size();
  descriptors.reserve(before + max_passed_descriptors);
  alignas(cmsghdr) unsigned char control[control_size];
  iovec piece = {.iov_base = into.data(), .iov_len = into.size()};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (from != nullptr) {
    from->prepare_to_receive();
    message.msg_name = from->data();
    message.msg_namelen = from->size();
  }
  constexpr int flags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
  const int got = retried([&] { return direct::recvmsg(fd, &message, flags); });
  if (got < 0) return got;
  if (from != nullptr) from->received(message.msg_namelen);
  take_extras(message, descriptors, extras);
  extras.truncated = (message.msg_flags & MSG_TRUNC) != 0;
  // There is room for as many as a message can bring, so it was numbers that have run out. Those
  // that found one are half of what was meant: of no use.
  extras.descriptors_lost = (message.msg_flags & MSG_CTRUNC) != 0;
  if (extras.descriptors_lost) descriptors.resize(before);
  return got;
} catch (const std::bad_alloc&) {
  return -ENOBUFS;  // before anything was taken
}

int send_unix(int fd, std::span<const std::byte> bytes, std::span<const int> descriptors,
              const unix_address& to) noexcept {
  if (descriptors.size() > max_passed_descriptors) return -EINVAL;
  alignas(cmsghdr) unsigned char control[control_size];
  iovec piece = {.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
  msghdr message = {};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  if (to.size() != 0) {
    message.msg_name = const_cast<void*>(to.data());
    message.msg_namelen = to.size();
  }
  if (!descriptors.empty()) {
    const std::size_t size = descriptors.size_bytes();
    memset(control, 0, CMSG_SPACE(size));
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(size);
    cmsghdr* const c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(c), descriptors.data(), size);
  }
  return retried([&] { return direct::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL); });
}

}  // namespace os
}  // namespace rondo
