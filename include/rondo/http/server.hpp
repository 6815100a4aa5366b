#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <string_view>

#include <rondo/base/owned.hpp>
#include <rondo/base/unique_function.hpp>
#include <rondo/http/exchange.hpp>
#include <rondo/http/limits.hpp>
#include <rondo/http/parse_error.hpp>
#include <rondo/http/server_counters.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/os/fd.hpp>

namespace rondo {
class byte_layer_source;
class graceful_shutdown;
template <class T>
class channel;
}  // namespace rondo

namespace rondo::http {

/// What is reported of each answered request, while it is still there.
struct access_record {
  const exchange& what;  ///< with request, status and peer
  duration took;         ///< from the last byte of the head to the answer
  /// Why no handler has seen it, where that is so: then the request is an empty one, since its head
  /// has not arrived completely, or can't be trusted.
  parse_error refused = parse_error::none;
};

/// How a server treats its clients.
struct server_options {
  server_options() noexcept = default;

  http::limits limits;
  duration idle_timeout = duration::seconds(75);      ///< between two requests
  duration head_timeout = duration::seconds(20);      ///< for a whole request head; then 408
  duration transfer_timeout = duration::seconds(30);  ///< without a byte moved in a body or answer
  duration body_timeout = duration::seconds(300);     ///< for a whole body; then 408
  duration drain_timeout = duration::seconds(10);     ///< for what is under way at `stop`
  duration idle_grace = duration::milliseconds(500);  ///< for idle connections at `stop`
  std::uint32_t max_connections = 0;                  ///< 0: as many as there are descriptors
  /// Counts the connections that have ended, for other threads to read. Outlives the server. Null:
  /// they are not counted.
  std::atomic<std::uint64_t>* ended_connections = nullptr;
  /// Counts for other threads, see there. Outlives the server. Null: nobody asks.
  server_counters* counters = nullptr;

  /// What stands between this server and each client, such as `tls::server_layers`, and makes it
  /// speak HTTPS. Outlives the server. Null: nothing.
  byte_layer_source* layers = nullptr;
  std::uint32_t max_handshakes = 1000;  ///< that come to an agreement at once; others wait
  /// Told why a client and `layers` came to none. May throw, see loop::on_uncaught.
  unique_function<void(const socket_address& peer, const error&)> on_no_agreement;

  /// Called for each answer; may throw, see loop::on_uncaught.
  unique_function<void(const access_record&)> on_access;
  /// Told what a handler threw, after the client got its 500.
  unique_function<void(const exchange&, std::exception_ptr)> on_error;
};

/// An HTTP/1.1 server on one loop. A connection that waits for its next request costs an object of
/// 160 bytes and no buffer and no coroutine: it is served by callbacks where the handler can answer
/// at once, and by a task in the server's scope where it can't.
///
/// Thread: the loop's. Lifetime: the handler outlives `serve`, the loop outlives the server.
class server {
 public:
  server(loop& on, handler& answers, server_options options = {});
  server(const server&) = delete;
  server& operator=(const server&) = delete;
  ~server();

  /// Accepts and answers until `stop`, then drains, so that no client loses a request that is on
  /// its way: who waits in the backlog is accepted; every answer says `Connection: close`; a
  /// connection without a request is ended after `idle_grace` (our direction first, and read from
  /// until the client has ended his), and after `drain_timeout` all that is left is closed. When
  /// cancelled it closes everything at once. Throws `error` where it can't accept any more.
  task<> serve(tcp_listener listener);

  /// The same for TCP connections that were accepted elsewhere, by another thread maybe. `stop`
  /// leaves the channel open: whoever accepts stops first and closes it, and the end of `serve`
  /// begins behind the last connection that is there. Lifetime: `accepted` outlives this.
  task<> serve(channel<os::fd>& accepted);

  /// Begins the end of `serve`. Idempotent.
  void stop() noexcept;

  /// Takes part in `ending`, which outlives the server: stops when that begins, closes all that is
  /// left when its time is over (or `drain_timeout`, if that comes first), and names its
  /// connections in the report. Once.
  void take_part_in(graceful_shutdown& ending) noexcept;

  std::uint32_t connections() const noexcept;
  std::uint64_t requests() const noexcept;

  struct state;  // src/http/server_state.hpp

 private:
  state* state_;
};

}  // namespace rondo::http
