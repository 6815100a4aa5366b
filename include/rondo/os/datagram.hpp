#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <rondo/os/address.hpp>
#include <rondo/os/messages.hpp>

namespace rondo {

/// The congestion bits of an IP packet (RFC 3168).
enum class ecn : std::uint8_t {
  none = 0,         ///< the sender does not take part
  capable_1 = 1,    ///< ECT(1)
  capable = 2,      ///< ECT(0)
  experienced = 3,  ///< set by a router on the way: slow down
};

}  // namespace rondo

/// UDP sockets, and what travels beside the bytes of a datagram. Results are "a count or
/// descriptor, or the negated errno".
namespace rondo::os {

/// A UDP socket, close-on-exec and blocking: all calls on it say themselves that they do not wait.
int open_udp_socket(bool v6) noexcept;

/// What only datagrams know. Set for both families where the socket speaks both.
enum class datagram_option {
  broadcast,            ///< on or off: may send to a broadcast address
  hops,                 ///< how many routers a datagram may pass: 1 to 255
  multicast_hops,       ///< the same for multicast: 0 to 255
  multicast_loop,       ///< on or off: own multicast is received on this machine as well
  multicast_interface,  ///< the number of the interface that multicast leaves through; 0: any
  tell_target,          ///< on or off: which local address and interface each came to
  tell_ecn,             ///< on or off
  coalesce,             ///< on or off: several datagrams of one sender at once (UDP_GRO)
};
int set_datagram_option(int fd, bool v6, datagram_option which, int value) noexcept;

/// Whether this kernel cuts what is sent into datagrams (UDP_SEGMENT, Linux 4.18).
bool can_segment(int fd) noexcept;

/// From now on the socket receives of multicast what it has joined itself, and not what anybody
/// else on this machine has (ip(7), IP_MULTICAST_ALL).
void receive_own_groups_only(int fd, bool v6) noexcept;

/// To receive what is sent to `group`, by way of one interface (0: the kernel chooses); where
/// `source` is given, only what comes from there (RFC 3678).
int join_group(int fd, const socket_address& group, std::uint32_t interface,
               const socket_address* source) noexcept;
int leave_group(int fd, const socket_address& group, std::uint32_t interface,
                const socket_address* source) noexcept;

/// The number of an interface, from its name.
int interface_number(std::string_view name) noexcept;

/// Forgets the address that `connect` has set.
int disconnect(int fd) noexcept;

/// What travels beside the bytes, in either direction.
struct datagram_extras {
  socket_address local;  ///< received: which it was sent to; to send: which it comes from. No port.
  std::uint32_t interface = 0;
  std::uint16_t segment_size = 0;  ///< the bytes are several datagrams of this size, the last less
  ecn congestion = ecn::none;
};

/// Room for all of it.
inline constexpr std::size_t datagram_control_size = 192;

/// Writes what is set as control data for a datagram to `to`, or to the socket's peer where that is
/// empty, and `v6` is the socket's family. -> how many bytes
std::size_t write_extras(const datagram_extras& from, const socket_address& to, bool v6,
                         void* control) noexcept;
/// Reads it from a message that was received.
void read_extras(const message_slot& from, datagram_extras& into) noexcept;

/// Whether a failure to send several datagrams at once means that they may go one by one.
bool may_send_apart(int negated_errno) noexcept;

}  // namespace rondo::os
