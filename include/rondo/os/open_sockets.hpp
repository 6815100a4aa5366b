#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rondo::os {

/// A socket of this process, as the kernel describes it.
struct open_socket {
  int fd = -1;
  std::string kind;   ///< "tcp", "udp", "unix stream", "unix datagram", "unix seqpacket", "other"
  std::string local;  ///< "127.0.0.1:8080", "/run/app.sock"; "" for none
  std::string peer;
  std::string state;         ///< "listening", "connected", "closing", ...
  std::int64_t unread = -1;  ///< bytes; of a listener, connections; -1: not known
  std::int64_t unsent = -1;  ///< bytes that the peer has not acknowledged, or not read
};

/// All of them but for what is beyond `at_most`, by descriptor. Any thread: a descriptor that is
/// closed meanwhile is left out, or may be another one already. Throws std::bad_alloc.
std::vector<open_socket> open_sockets(std::size_t at_most);

}  // namespace rondo::os
