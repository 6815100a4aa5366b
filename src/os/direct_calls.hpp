#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

#include <rondo/base/sanitizers.hpp>

/// The calls of a served request, past the C library. There they are points at which a thread can
/// be cancelled (pthread_cancel), for which each of them pays two atomic operations as soon as the
/// process has a second thread, and ours mostly has: the one that looks for stalls. Nobody cancels
/// a thread with a loop. -1 and errno, as from the library, whose own are called where a sanitizer
/// has to see what they do.
namespace rondo::os::direct {

inline ssize_t recv(int fd, void* data, std::size_t size, int flags) noexcept {
#if RONDO_SANITIZED
  return ::recv(fd, data, size, flags);
#else
  return ::syscall(SYS_recvfrom, fd, data, size, flags, nullptr, nullptr);
#endif
}

inline ssize_t send(int fd, const void* data, std::size_t size, int flags) noexcept {
#if RONDO_SANITIZED
  return ::send(fd, data, size, flags);
#else
  return ::syscall(SYS_sendto, fd, data, size, flags, nullptr, 0);
#endif
}

inline ssize_t sendmsg(int fd, const msghdr* message, int flags) noexcept {
#if RONDO_SANITIZED
  return ::sendmsg(fd, message, flags);
#else
  return ::syscall(SYS_sendmsg, fd, message, flags);
#endif
}

inline ssize_t recvmsg(int fd, msghdr* message, int flags) noexcept {
#if RONDO_SANITIZED
  return ::recvmsg(fd, message, flags);
#else
  return ::syscall(SYS_recvmsg, fd, message, flags);
#endif
}

}  // namespace rondo::os::direct
