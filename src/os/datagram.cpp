// UDP sockets: options that have one name for both families, groups, and the control data. A socket
// of IPv6 speaks IPv4 as well (ipv6(7): addresses ::ffff:a.b.c.d), and such a packet is told of,
// and must be asked for, in the terms of IPv4.
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <rondo/os/datagram.hpp>

// Newer than the C library's header may be: Linux 4.18 and 5.0 (include/uapi/linux/udp.h).
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace rondo::os {

namespace {

int set(int fd, int level, int name, const void* value, socklen_t size) noexcept {
  return ::setsockopt(fd, level, name, value, size) == 0 ? 0 : -errno;
}

int set(int fd, int level, int name, int value) noexcept {
  return set(fd, level, name, &value, sizeof value);
}

int set_v4(int fd, datagram_option which, int value) noexcept {
  switch (which) {
    case datagram_option::hops:
      return set(fd, IPPROTO_IP, IP_TTL, value);
    case datagram_option::multicast_hops:
      return set(fd, IPPROTO_IP, IP_MULTICAST_TTL, value);
    case datagram_option::multicast_loop:
      return set(fd, IPPROTO_IP, IP_MULTICAST_LOOP, value);
    case datagram_option::multicast_interface: {
      ip_mreqn chosen = {};
      chosen.imr_ifindex = value;
      return set(fd, IPPROTO_IP, IP_MULTICAST_IF, &chosen, sizeof chosen);
    }
    case datagram_option::tell_target:
      return set(fd, IPPROTO_IP, IP_PKTINFO, value);
    case datagram_option::tell_ecn:
      return set(fd, IPPROTO_IP, IP_RECVTOS, value);
    default:
      return -ENOPROTOOPT;
  }
}

int set_v6(int fd, datagram_option which, int value) noexcept {
  switch (which) {
    case datagram_option::hops:
      return set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, value);
    case datagram_option::multicast_hops:
      return set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, value);
    case datagram_option::multicast_loop:
      return set(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, value);
    case datagram_option::multicast_interface:
      return set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, value);
    case datagram_option::tell_target:
      return set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, value);
    case datagram_option::tell_ecn:
      return set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, value);
    default:
      return -ENOPROTOOPT;
  }
}

int change_group(int fd, bool joins, const socket_address& group, std::uint32_t interface,
                 const socket_address* source) noexcept {
  const int level = group.is_v6() ? IPPROTO_IPV6 : IPPROTO_IP;
  if (source != nullptr) {
    group_source_req request = {};
    request.gsr_interface = interface;
    memcpy(&request.gsr_group, group.data(), group.size());
    memcpy(&request.gsr_source, source->data(), source->size());
    return set(fd, level, joins ? MCAST_JOIN_SOURCE_GROUP : MCAST_LEAVE_SOURCE_GROUP, &request,
               sizeof request);
  }
  group_req request = {};
  request.gr_interface = interface;
  memcpy(&request.gr_group, group.data(), group.size());
  return set(fd, level, joins ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP, &request, sizeof request);
}

// Control data
// -----------------------------------------------------------------------------------------

/// Appends messages of control data to memory that has room for them.
class control_writer {
 public:
  explicit control_writer(void* control) noexcept
      : begin_(static_cast<unsigned char*>(control)), end_(begin_) {}

  template <class Value>
  void add(int level, int type, const Value& value) noexcept {
    memset(end_, 0, CMSG_SPACE(sizeof value));
    auto* const header = reinterpret_cast<cmsghdr*>(end_);
    header->cmsg_level = level;
    header->cmsg_type = type;
    header->cmsg_len = CMSG_LEN(sizeof value);
    memcpy(CMSG_DATA(header), &value, sizeof value);
    end_ += CMSG_SPACE(sizeof value);
  }
  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_); }

 private:
  unsigned char* begin_;
  unsigned char* end_;
};

static_assert(CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(in_pktinfo)) +
                  4 * CMSG_SPACE(sizeof(int)) <=
              datagram_control_size);

bool is_mapped(const socket_address& a) noexcept {
  if (!a.is_v6()) return false;
  sockaddr_in6 bytes;
  memcpy(&bytes, a.data(), sizeof bytes);
  return IN6_IS_ADDR_V4MAPPED(&bytes.sin6_addr);
}

/// The IPv4 address of one that may be written as an IPv6 address.
in_addr v4_of(const socket_address& a) noexcept {
  in_addr found = {};
  if (a.is_v6()) {
    sockaddr_in6 bytes;
    memcpy(&bytes, a.data(), sizeof bytes);
    memcpy(&found, bytes.sin6_addr.s6_addr + 12, sizeof found);
  } else if (a.size() != 0) {
    sockaddr_in bytes;
    memcpy(&bytes, a.data(), sizeof bytes);
    found = bytes.sin_addr;
  }
  return found;
}

template <class Sockaddr>
void assign(socket_address& out, const Sockaddr& bytes) noexcept {
  memcpy(out.data(), &bytes, sizeof bytes);
  *out.size_address() = sizeof bytes;
}

void write_target(control_writer& out, const datagram_extras& from, bool v6) noexcept {
  if (from.local.size() == 0 && from.interface == 0) return;
  if (!v6) {
    in_pktinfo info = {};
    info.ipi_ifindex = static_cast<int>(from.interface);
    info.ipi_spec_dst = v4_of(from.local);
    return out.add(IPPROTO_IP, IP_PKTINFO, info);
  }
  in6_pktinfo info = {};
  info.ipi6_ifindex = from.interface;
  if (from.local.is_v6()) {
    sockaddr_in6 bytes;
    memcpy(&bytes, from.local.data(), sizeof bytes);
    info.ipi6_addr = bytes.sin6_addr;
  }
  out.add(IPPROTO_IPV6, IPV6_PKTINFO, info);
}

void read_one(const cmsghdr& header, datagram_extras& into) noexcept {
  const unsigned char* const data = CMSG_DATA(&header);
  const std::size_t size = header.cmsg_len - CMSG_LEN(0);
  const auto number = [&] {  // IP_TOS is a single byte, the others are an int
    int value = 0;
    memcpy(&value, data, size < sizeof value ? 1 : sizeof value);
    return value;
  };
  if (header.cmsg_level == IPPROTO_IP && header.cmsg_type == IP_PKTINFO) {
    in_pktinfo info;
    memcpy(&info, data, sizeof info);
    into.interface = static_cast<std::uint32_t>(info.ipi_ifindex);
    sockaddr_in local = {};
    local.sin_family = AF_INET;
    local.sin_addr = info.ipi_addr;
    assign(into.local, local);
  } else if (header.cmsg_level == IPPROTO_IPV6 && header.cmsg_type == IPV6_PKTINFO) {
    in6_pktinfo info;
    memcpy(&info, data, sizeof info);
    into.interface = info.ipi6_ifindex;
    sockaddr_in6 local = {};
    local.sin6_family = AF_INET6;
    local.sin6_addr = info.ipi6_addr;
    if (IN6_IS_ADDR_LINKLOCAL(&local.sin6_addr)) local.sin6_scope_id = info.ipi6_ifindex;
    assign(into.local, local);
  } else if ((header.cmsg_level == IPPROTO_IP && header.cmsg_type == IP_TOS) ||
             (header.cmsg_level == IPPROTO_IPV6 && header.cmsg_type == IPV6_TCLASS)) {
    into.congestion = static_cast<ecn>(number() & 3);
  } else if (header.cmsg_level == IPPROTO_UDP && header.cmsg_type == UDP_GRO) {
    into.segment_size = static_cast<std::uint16_t>(number());
  }
}

}  // namespace

// Sockets
// ------------------------------------------------------------------------------------------------

int open_udp_socket(bool v6) noexcept {
  const int opened = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return opened >= 0 ? opened : -errno;
}

int set_datagram_option(int fd, bool v6, datagram_option which, int value) noexcept {
  if (which == datagram_option::broadcast) return set(fd, SOL_SOCKET, SO_BROADCAST, value);
  if (which == datagram_option::coalesce) return set(fd, IPPROTO_UDP, UDP_GRO, value);
  if (!v6) return set_v4(fd, which, value);
  const int outcome = set_v6(fd, which, value);
  // It may speak IPv6 alone, or be without IPv4 in this kernel: then nothing is lacking.
  if (outcome >= 0) set_v4(fd, which, value);
  return outcome;
}

bool can_segment(int fd) noexcept {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &value, &size) == 0;
}

void receive_own_groups_only(int fd, bool v6) noexcept {
  set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  if (v6) set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
}

int join_group(int fd, const socket_address& group, std::uint32_t interface,
               const socket_address* source) noexcept {
  return change_group(fd, true, group, interface, source);
}

int leave_group(int fd, const socket_address& group, std::uint32_t interface,
                const socket_address* source) noexcept {
  return change_group(fd, false, group, interface, source);
}

int interface_number(std::string_view name) noexcept {
  char terminated[IF_NAMESIZE] = {};
  if (name.empty() || name.size() >= sizeof terminated) return -ENODEV;
  memcpy(terminated, name.data(), name.size());
  const unsigned number = if_nametoindex(terminated);
  return number != 0 ? static_cast<int>(number) : -ENODEV;
}

int disconnect(int fd) noexcept {
  sockaddr none = {};
  none.sa_family = AF_UNSPEC;
  return ::connect(fd, &none, sizeof none) == 0 ? 0 : -errno;
}

std::size_t write_extras(const datagram_extras& from, const socket_address& to, bool v6,
                         void* control) noexcept {
  control_writer out(control);
  const bool as_v6 = v6 && !is_mapped(to) && !is_mapped(from.local);
  write_target(out, from, as_v6);
  if (from.congestion != ecn::none) {
    const int bits = static_cast<int>(from.congestion);
    if (as_v6) {
      out.add(IPPROTO_IPV6, IPV6_TCLASS, bits);
    } else {
      out.add(IPPROTO_IP, IP_TOS, bits);
    }
  }
  if (from.segment_size != 0) out.add(IPPROTO_UDP, UDP_SEGMENT, from.segment_size);
  return out.size();
}

void read_extras(const message_slot& from, datagram_extras& into) noexcept {
  msghdr message = {};
  message.msg_control = from.control;
  message.msg_controllen = from.control_size;
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    read_one(*c, into);
  }
}

bool may_send_apart(int negated_errno) noexcept {
  switch (-negated_errno) {
    case EINVAL:  // a kernel that does not know it; segments larger than the route's packets
    case EIO:     // a device that does not compute checksums
    case EOPNOTSUPP:
    case ENOPROTOOPT:
    case EMSGSIZE:
      return true;
    default:
      return false;
  }
}

}  // namespace rondo::os
