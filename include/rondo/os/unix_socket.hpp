#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/base/result.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/socket.hpp>

namespace rondo {

/// Where a Unix socket is found: a file, or a name that is in no folder (Linux: abstract, gone with
/// its last socket). The kernel's own bytes, copied by value.
class unix_address {
 public:
  /// None: that of a socket that was not bound.
  unix_address() noexcept = default;

  /// "/run/app.sock", "app.sock" (from the working folder), "@name" (abstract). At most 107 bytes:
  /// fails with `errc::name_too_long`.
  static result<unix_address> parse(std::string_view text);

  bool is_abstract() const noexcept { return size_ > prefix && bytes_[prefix] == 0; }
  bool is_path() const noexcept { return size_ > prefix && bytes_[prefix] != 0; }
  /// As `parse` takes it; empty for none.
  std::string to_string() const;

  /// The bytes of a sockaddr, for system calls.
  const void* data() const noexcept { return bytes_; }
  void* data() noexcept { return bytes_; }
  std::uint32_t size() const noexcept { return size_; }
  /// Makes room for a system call that writes an address here, and takes note of its end.
  void prepare_to_receive() noexcept { size_ = capacity; }
  void received(std::uint32_t size) noexcept;

  friend bool operator==(const unix_address& a, const unix_address& b) noexcept {
    return a.to_string() == b.to_string();
  }

 private:
  static constexpr std::uint32_t prefix = 2;      // sun_path's place
  static constexpr std::uint32_t capacity = 110;  // sizeof(sockaddr_un)

  alignas(4) unsigned char bytes_[112] = {};
  std::uint32_t size_ = 0;
};

/// Who is at the other end, as the kernel knows it: nobody can say he is somebody else.
struct unix_credentials {
  std::int32_t process = 0;
  std::uint32_t user = 0;
  std::uint32_t group = 0;
};

}  // namespace rondo

/// Unix sockets. Results are "a count or descriptor, or the negated errno"; nothing waits.
namespace rondo::os {

enum class unix_kind {
  stream,     ///< bytes
  datagram,   ///< messages, from anybody to anybody
  seqpacket,  ///< messages, between two that are connected
};
int open_unix_socket(unix_kind kind, bool nonblocking) noexcept;
/// Two that are connected with each other. -> 0
int open_unix_pair(unix_kind kind, bool nonblocking, fd& one, fd& other) noexcept;

/// Which file a socket is bound to, so that nobody else's is removed.
struct file_identity {
  std::uint64_t device = 0;
  std::uint64_t number = 0;
};

/// Binds. The file of a path gets exactly the permissions `mode` (such as 0600), and never more in
/// between; negative: what the process's umask leaves. -> 0, with the file's identity
int bind_unix(int fd, const unix_address& address, int mode, file_identity& bound) noexcept;
/// Removes the file of a path if it is a socket to which nobody listens any more. -> 0
int remove_stale(unix_kind kind, const unix_address& address) noexcept;
/// Removes the file if it is still that one.
void remove_bound(const char* path, const file_identity& bound) noexcept;

/// The addresses of both ends, and who the other one is. -> 0
int local_unix_address(int fd, unix_address& out) noexcept;
int remote_unix_address(int fd, unix_address& out) noexcept;
int peer_credentials(int fd, unix_credentials& out) noexcept;
/// On or off: each message says who sent it.
int tell_credentials(int fd, bool on) noexcept;

/// What is told of a received message beside its bytes.
struct unix_extras {
  bool truncated = false;         ///< it was longer than the room
  bool descriptors_lost = false;  ///< some came, and found no free number here: all are closed
  bool has_sender = false;
  unix_credentials sender;
};

/// One message, or some bytes of a stream. Descriptors are appended, close-on-exec. -> bytes
int receive_unix(int fd, std::span<std::byte> into, std::vector<os::fd>& descriptors,
                 unix_address* from, unix_extras& extras) noexcept;
/// The bytes and copies of the descriptors, to `to` or, where that is empty, the socket's peer.
/// -> bytes: of a stream perhaps fewer, the descriptors gone with the first
int send_unix(int fd, std::span<const std::byte> bytes, std::span<const int> descriptors,
              const unix_address& to) noexcept;

}  // namespace rondo::os
