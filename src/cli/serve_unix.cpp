// A Unix socket in place of a port: connections are accepted here, and handed over to the same
// server.
#include "cli/serve_unix.hpp"

#include <rondo/async/timeout.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/task/when_all.hpp>

namespace rondo::cli {

namespace {

void hand_over(unix_stream accepted, channel<os::fd>& to) {
  // False only where all of it is being torn down; then the connection ends here.
  static_cast<void>(to.try_send(os::fd(accepted.release())));
}

/// Until the end has begun; then what is in the backlog.
task<> accept_all(unix_listener listener, channel<os::fd>& to, graceful_shutdown& ending) {
  const auto accept_until_cancelled = [&]() -> task<> {
    for (;;) hand_over(co_await listener.accept(), to);
  };
  co_await ending.until_begun(accept_until_cancelled());
  while (auto accepted = co_await within(duration(), listener.accept())) {
    hand_over(std::move(*accepted), to);
  }
  listener.close();
  to.close();
}

}  // namespace

task<> serve_unix(const serve_options& options, unix_listener listener, graceful_shutdown& ending) {
  loop& l = co_await this_loop();
  channel<os::fd> arrivals{unbounded};
  loop_server here(options, l, options.unix_path, ending);
  co_await when_all(accept_all(std::move(listener), arrivals, ending),
                    here.server().serve(arrivals));
}

}  // namespace rondo::cli
