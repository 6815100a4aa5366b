#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include <rondo/os/fd.hpp>
#include <rondo/os/socket.hpp>

/// Sockets between processes of one machine that keep messages whole and carry descriptors
/// (unix(7), SOCK_SEQPACKET and SCM_RIGHTS). Results are "a count, or the negated errno".
namespace rondo::os {

/// How many descriptors the kernel lets one message carry (SCM_MAX_FD).
inline constexpr std::size_t max_passed_descriptors = 253;

/// Two sockets that are connected with each other, close-on-exec. -> 0
int open_message_pair(fd& one, fd& other) noexcept;

/// Whether it is one end of such a pair. -> 0
int check_message_socket(int fd) noexcept;

/// Sends all pieces as one message, or nothing: `would_block` where the peer has much to read. The
/// descriptors are copied to the peer and stay open here. Never waits. -> bytes
int send_message(int fd, std::span<const const_buffer> pieces,
                 std::span<const int> descriptors) noexcept;

/// The size of the message that waits; 0 at the end of the stream. Never waits. -> bytes
int waiting_message(int fd) noexcept;

/// Takes one message, and appends the descriptors that come with it, close-on-exec. -> bytes; 0 at
/// the end, also where the peer has left without reading all that it was sent. Never waits.
///
/// A message that does not fit, and one whose descriptors find no free number here, is dropped with
/// all that came with it: `message_too_long`, `too_many_descriptors`. Throws std::bad_alloc, and
/// has taken nothing then.
int receive_message(int fd, void* into, std::size_t size, std::vector<os::fd>& descriptors);

}  // namespace rondo::os
