#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/async/graceful_shutdown.hpp>
#include <rondo/base/unique_function.hpp>
#include <rondo/http/server.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/observe/inspect.hpp>
#include <rondo/observe/metrics.hpp>
#include <rondo/signal/signal_set.hpp>

#include "cli/access_log.hpp"
#include "cli/site.hpp"

namespace rondo::cli {

/// What `rondo serve` was asked to do.
struct serve_options {
  std::string folder;  ///< empty: none
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string unix_path;  ///< of a Unix socket, instead of host and port; empty: none
  io::backend_kind backend = io::backend_kind::automatic;
  bool log = false;
  int workers = 1;                                    ///< threads; 0: as many as processors
  int cluster = 0;                                    ///< how many processes serve; 0: this one
  bool inspect = false;                               ///< whether the inspector's page is served
  int inspect_port = 0;                               ///< 0: a free one; the only with `cluster`
  duration drain_timeout = duration::seconds(10);     ///< for what is under way at the end
  byte_layer_source* layers = nullptr;                ///< what makes it HTTPS
  std::function<result<void>()> reload_certificates;  ///< where there are some; any thread
  probe::recorder* recorder = nullptr;                ///< of all loops; also what the page shows
  observe::meter* figures = nullptr;                  ///< measures all loops
  std::uint16_t metrics_port = 0;                     ///< where they are shown, on loopback

  const char* scheme() const noexcept { return layers != nullptr ? "https://" : "http://"; }
};

/// Serves until SIGINT or SIGTERM, then drains. The exit status; failures go to standard error.
int serve(const serve_options& options);

// The parts of it, for one loop or for many ------------------------------------------------------

/// Options of a loop that `options` ask for. Throws `error` where the backend can't be had.
loop_options loop_for(const serve_options& options);
/// Stages that take no longer than `options` say, reported on standard error. `who` precedes each
/// line: "rondo".
shutdown_options shutdown_for(const serve_options& options, std::string_view who);
/// The sockets that a service manager has passed, or else one as `options` say. Throws `error`.
std::vector<tcp_listener> listeners_for(const serve_options& options, loop& l);
/// Serves what comes to `listener` on the loop of the calling task, until `ending` has ended it.
/// To be run inside of `ending.run`.
task<> serve_on_this_loop(const serve_options& options, tcp_listener listener,
                          graceful_shutdown& ending);
/// The inspector with its page, for the loop of the calling task and those that belong together
/// with it; the address is printed behind `who`: "rondo: ". Empty where nobody asked for it.
task<std::optional<observe::inspector>> inspect_if_asked(const serve_options& options,
                                                         std::string who);
/// Where there are figures: measures the loop of the calling task, and those that belong together
/// with it.
task<> measure_this_loop(const serve_options& options);
/// Where there are figures: serves /metrics on a port of its own, on loopback. To be run inside of
/// `ending.run`.
task<> serve_metrics(const serve_options& options, graceful_shutdown& ending);
/// Who is told of the signals that end the program, with "SIGINT" or "SIGTERM".
struct end_calls {
  unique_function<void(std::string_view signal)> begin;  ///< the first one
  unique_function<void(std::string_view signal)> hurry;  ///< the second one
};
/// SIGINT and SIGTERM, for `end_on_signals`, and SIGHUP where that has a meaning. Throws `error`.
void take_end_signals(const serve_options& options, std::optional<signal_set>& signals, loop& l);
/// What one loop serves with: pages, a log and a server that takes part in the shutdown.
class loop_server {
 public:
  /// `where`: the address, for people. `ended`: see http::server_options::ended_connections.
  loop_server(const serve_options& options, loop& l, const std::string& where,
              graceful_shutdown& ending, std::atomic<std::uint64_t>* ended = nullptr);

  http::server& server() noexcept { return server_; }

 private:
  http::server_options settings(const serve_options& options, std::atomic<std::uint64_t>* ended);

  site pages_;
  access_log log_;
  http::server server_;
};
/// Waits for both signals, says so on standard error, and calls. Behind the second one `signals`
/// are let go: the third ends the process as if nobody cared. Ends there, or by being cancelled.
/// At SIGHUP reads the certificates again.
task<> end_on_signals(const serve_options& options, std::optional<signal_set>& signals,
                      end_calls calls);

/// Prints what this machine grants: backends and why not, limits. The exit status.
int doctor();

}  // namespace rondo::cli
