#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <rondo/os/unix_socket.hpp>

namespace rondo {

/// What came through a Unix socket: the bytes in the caller's buffer, and what travelled with them.
struct unix_message {
  std::span<std::byte> bytes;
  bool truncated = false;  ///< the message was longer than the buffer; the rest is gone

  std::vector<os::fd> descriptors;  ///< ours now, close-on-exec
  /// Descriptors came, and this process had no number free for all of them: all were closed. The
  /// bytes are here, and the socket goes on.
  bool descriptors_lost = false;

  unix_address from;  ///< of a datagram; empty where its sender has no address
  /// Where the socket tells credentials.
  std::optional<unix_credentials> sender;

  std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

/// What a Unix socket is like from its beginning, where it is bound to a file.
struct unix_bind_options {
  unix_bind_options() noexcept = default;

  /// The permissions of the file, such as 0600, from its first moment; negative: what the umask of
  /// the process leaves. Who may write to it may connect.
  int mode = -1;
  /// A file that a dead process has left behind is replaced. One behind which somebody listens
  /// never is: `errc::address_in_use`.
  bool replace_stale = true;
  bool remove_at_close = true;    ///< unless somebody else's has taken its place
  bool tell_credentials = false;  ///< see unix_message::sender
  int backlog = 4096;             ///< of a listener; the kernel clips it to net.core.somaxconn
};

}  // namespace rondo
