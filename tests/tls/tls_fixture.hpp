#pragma once

#include <optional>
#include <string>
#include <utility>

#include <rondo/tls/context.hpp>
#include <rondo/tls/engine.hpp>
#include <rondo/tls/stream.hpp>

#include "net/net_fixture.hpp"
#include "tls/authority.hpp"

namespace rondo::testing {

/// An authority, and what both sides need where everything is as it should be. Made once: keys take
/// time.
const authority& the_authority();
const identity& localhost();

tls::server_options server_as(const identity& who);
tls::client_options client_trusting(const authority& whom);
/// With `localhost()` and `the_authority()`.
tls::server_options plain_server();
tls::client_options plain_client();

/// Two engines, joined by nothing but copying: a wire that can do what a test wants.
struct engine_pair {
  engine_pair(const tls::context& client_side, const tls::context& server_side,
              std::string_view name = "localhost", tls::session_store* sessions = nullptr)
      : client(client_side, name, sessions), server(server_side) {}

  /// Goes on with both handshakes until neither can.
  void shake_hands();
  /// All that either has to say reaches the other.
  void exchange();

  tls::engine client;
  tls::engine server;
  std::optional<error> client_failure;
  std::optional<error> server_failure;
};

/// What has arrived at `at`, as text; the last result in `last`.
std::string read_all(tls::engine& at, result<tls::engine::reading>* last = nullptr);

/// Both ends of a TLS connection over TCP.
struct tls_ends {
  tls::stream client;
  tls::stream server;
};

/// Over the two ends of a TCP connection.
task<tls_ends> secured(both_ends tcp, const tls::context& client_side,
                       const tls::context& server_side, tls::stream_options options = {});

task<std::string> read_string(tls::stream& from, std::size_t size);
task<std::string> read_to_end(tls::stream& from);

}  // namespace rondo::testing
