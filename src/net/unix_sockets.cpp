// Binding and connecting Unix sockets, of all three kinds. All descriptors are blocking, as every
// call on them says itself that it does not wait; but for a listener's, whose accept can't say so,
// and for the time of a connect.
#include <string>
#include <utility>

#include <rondo/async/sleep.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/os/errors.hpp>

#include "net/unix_sockets.hpp"

namespace rondo {

result<bound_unix_socket> bind_unix_socket(os::unix_kind kind, std::string_view address,
                                           const unix_bind_options& options, bool nonblocking) {
  const auto parsed = unix_address::parse(address);
  if (!parsed) return std::unexpected(parsed.error());
  const int opened = os::open_unix_socket(kind, nonblocking);
  if (opened < 0) return std::unexpected(os::make_error(opened, "open a Unix socket"));
  bound_unix_socket made;
  made.descriptor.reset(opened);
  os::file_identity file;
  int outcome = os::bind_unix(opened, *parsed, options.mode, file);
  if (os::to_errc(outcome) == errc::address_in_use && options.replace_stale) {
    const int removed = os::remove_stale(kind, *parsed);
    if (removed == 0) outcome = os::bind_unix(opened, *parsed, options.mode, file);
  }
  if (outcome < 0) {
    if (os::to_errc(outcome) != errc::address_in_use) {
      return std::unexpected(os::make_error(outcome, "bind a Unix socket to", address));
    }
    return std::unexpected(os::make_error(outcome, "bind a Unix socket to", address,
                                          "somebody listens there, or it is another file"));
  }
  if (options.tell_credentials) os::tell_credentials(opened, true);
  if (parsed->is_path() && options.remove_at_close) {
    made.file = make_owned<socket_file>(std::string(address), file);
  }
  return made;
}

result<bound_unix_socket> listen_on_unix_socket(loop& l, os::unix_kind kind,
                                                std::string_view address,
                                                const unix_bind_options& options) {
  auto made = bind_unix_socket(kind, address, options, l.backend().wants_nonblocking());
  if (!made) return made;
  const int outcome = os::listen(made->descriptor.get(), options.backlog);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "listen on", address));
  return made;
}

task<os::fd> connect_unix_socket(os::unix_kind kind, unix_address to) {
  const int opened = os::open_unix_socket(kind, true);
  if (opened < 0) throw os::make_error(opened, "open a Unix socket");
  os::fd made(opened);
  unix_backoff pause;
  for (;;) {
    const int outcome = os::connect(opened, to.data(), to.size());
    if (outcome == 0) break;
    if (outcome != os::would_block) throw os::make_error(outcome, "connect to", to.to_string());
    co_await sleep_for(pause.next());
  }
  os::set_nonblocking(opened, false);
  co_return made;
}

}  // namespace rondo
