#pragma once

#include <string_view>

#include <rondo/base/backoff.hpp>
#include <rondo/base/owned.hpp>
#include <rondo/net/socket_file.hpp>
#include <rondo/net/unix_message.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

class loop;

/// A socket that is bound, and the file that it is found by.
struct bound_unix_socket {
  os::fd descriptor;
  owned<socket_file> file;
};

/// Makes a socket and binds it, in the place of a file without a listener where that is asked for.
result<bound_unix_socket> bind_unix_socket(os::unix_kind kind, std::string_view address,
                                           const unix_bind_options& options, bool nonblocking);
/// The same, and listens as the backend of `l` wants it.
result<bound_unix_socket> listen_on_unix_socket(loop& l, os::unix_kind kind,
                                                std::string_view address,
                                                const unix_bind_options& options);
/// Connects a new socket, and goes on trying where the listener's queue is full.
task<os::fd> connect_unix_socket(os::unix_kind kind, unix_address to);

/// The next pause of who has to ask again because the kernel does not tell.
class unix_backoff : public backoff {
 public:
  unix_backoff() noexcept : backoff(duration::milliseconds(1), duration::milliseconds(100)) {}
};

}  // namespace rondo
