#pragma once

#include <cstddef>
#include <cstdint>

/// Socket calls in the shape in which C libraries want them handed in: with the numbers and
/// structures of the system, and -1 with errno set where they fail. None blocks, none raises
/// SIGPIPE.
namespace rondo::os {

/// As socket(2), close-on-exec and non-blocking. -> descriptor
int library_socket(int family, int type, int protocol) noexcept;
int library_connect(int fd, const void* sockaddr, std::uint32_t size) noexcept;
/// As recvfrom(2); `sockaddr` and `sockaddr_size` may be null. -> count
std::ptrdiff_t library_receive(int fd, void* into, std::size_t size, void* sockaddr,
                               std::uint32_t* sockaddr_size) noexcept;
/// As writev(2). -> count
std::ptrdiff_t library_send(int fd, const void* iovecs, int count) noexcept;

}  // namespace rondo::os
