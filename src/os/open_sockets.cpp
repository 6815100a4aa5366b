// The sockets of this process: /proc/self/fd says which descriptors there are, and the sockets
// themselves all the rest. Half a dozen calls each, none of which waits.
#include <dirent.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

#include <rondo/os/open_sockets.hpp>
#include <rondo/os/socket.hpp>
#include <rondo/os/unix_socket.hpp>

namespace rondo::os {

namespace {

/// A socket option that is an int; `otherwise` where it can't be had.
int int_option(int fd, int name, int otherwise) noexcept {
  int value = otherwise;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : otherwise;
}

std::int64_t count_by(int fd, unsigned long request) noexcept {
  int value = 0;
  return ::ioctl(fd, request, &value) == 0 ? value : -1;
}

const char* kind_of(int domain, int type) noexcept {
  if (domain == AF_INET || domain == AF_INET6) {
    return type == SOCK_STREAM ? "tcp" : type == SOCK_DGRAM ? "udp" : "other";
  }
  if (domain != AF_UNIX) return "other";
  return type == SOCK_STREAM  ? "unix stream"
         : type == SOCK_DGRAM ? "unix datagram"
                              : "unix seqpacket";
}

/// As `ss` shows them, in words.
const char* name_of_tcp_state(int state) noexcept {
  switch (state) {
    case TCP_ESTABLISHED:
      return "connected";
    case TCP_SYN_SENT:
    case TCP_SYN_RECV:
      return "connecting";
    case TCP_CLOSE_WAIT:
      return "closed by the peer";
    case TCP_FIN_WAIT1:
    case TCP_FIN_WAIT2:
    case TCP_CLOSING:
    case TCP_LAST_ACK:
    case TCP_TIME_WAIT:
      return "closing";
    case TCP_LISTEN:
      return "listening";
    default:
      return "closed";
  }
}

void describe_addresses(open_socket& s, int domain) {
  if (domain == AF_UNIX) {
    unix_address address;
    if (local_unix_address(s.fd, address) >= 0) s.local = address.to_string();
    if (remote_unix_address(s.fd, address) >= 0) s.peer = address.to_string();
  } else {
    socket_address address;
    if (local_address(s.fd, address) >= 0) s.local = address.to_string();
    if (remote_address(s.fd, address) >= 0) s.peer = address.to_string();
  }
}

bool is_connected(int fd) noexcept {
  sockaddr_storage peer = {};
  socklen_t size = sizeof peer;
  return ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

/// False where the descriptor is no socket.
bool describe(open_socket& s) {
  const int type = int_option(s.fd, SO_TYPE, -1);
  if (type < 0) return false;
  const int domain = int_option(s.fd, SO_DOMAIN, -1);
  s.kind = kind_of(domain, type);
  describe_addresses(s, domain);
  tcp_info tcp = {};
  socklen_t size = sizeof tcp;
  const bool knows_tcp =
      s.kind == "tcp" && ::getsockopt(s.fd, IPPROTO_TCP, TCP_INFO, &tcp, &size) == 0;
  if (int_option(s.fd, SO_ACCEPTCONN, 0) != 0) {
    s.state = "listening";
    if (knows_tcp) s.unread = tcp.tcpi_unacked;  // of a listener: who waits to be accepted
    return true;
  }
  s.state = knows_tcp            ? name_of_tcp_state(tcp.tcpi_state)
            : is_connected(s.fd) ? "connected"
                                 : "open";
  s.unread = count_by(s.fd, SIOCINQ);
  s.unsent = count_by(s.fd, SIOCOUTQ);
  return true;
}

}  // namespace

std::vector<open_socket> open_sockets(std::size_t at_most) {
  std::vector<open_socket> found;
  std::vector<int> numbers;
  DIR* const folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return found;
  while (const dirent* const entry = ::readdir(folder)) {
    if (entry->d_name[0] != '.') numbers.push_back(::atoi(entry->d_name));
  }
  ::closedir(folder);
  std::ranges::sort(numbers);
  for (const int fd : numbers) {
    if (found.size() >= at_most) break;
    open_socket each;
    each.fd = fd;
    if (describe(each)) found.push_back(std::move(each));
  }
  return found;
}

}  // namespace rondo::os
