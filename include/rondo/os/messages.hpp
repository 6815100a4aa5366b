#pragma once

#include <cstddef>
#include <cstdint>

#include <rondo/os/socket.hpp>

/// Sockets that keep messages whole: datagrams of the network, and of unix(7).
namespace rondo::os {

/// One message, to be received or sent, and all that goes with it. The layout of the kernel's
/// mmsghdr (asserted in os/messages.cpp). Lifetime: so is what it points to, until the call ends.
struct message_slot {
  void* name = nullptr;            ///< an address: of the sender, or of the receiver; null for none
  std::uint32_t name_size = 0;     ///< room for it, then how much of it is used
  const_buffer* pieces = nullptr;  ///< where the bytes are; the kernel writes there on receiving
  std::size_t piece_count = 0;
  void* control = nullptr;                ///< what travels beside the bytes (cmsg(3))
  std::size_t control_size = 0;           ///< room for it, then how much of it is used
  int flags = 0;                          ///< set by receiving: see `is_truncated`
  alignas(void*) std::uint32_t size = 0;  ///< how many bytes came, or went
};

/// At least one message, at most `count`, in the order of their arrival -> how many. Descriptors
/// that come with one are close-on-exec. Never waits.
int receive_messages(int fd, message_slot* slots, std::uint32_t count) noexcept;

/// As many of them as the socket takes at once, from the front -> how many; an error where it is
/// the first that fails. Each goes whole or not at all. Never waits.
int send_messages(int fd, message_slot* slots, std::uint32_t count) noexcept;

/// Whether bytes were cut off for want of room. (They are gone.)
bool is_truncated(const message_slot& received) noexcept;
/// The same of what travelled beside them.
bool is_control_truncated(const message_slot& received) noexcept;

}  // namespace rondo::os
