#pragma once

#include <string>

#include <rondo/base/time.hpp>
#include <rondo/net/byte_layer.hpp>
#include <rondo/tls/context.hpp>
#include <rondo/tls/engine.hpp>

namespace rondo::tls {

/// TLS for a server that takes layers: `options.layers = &secure;` in `http::server_options` makes
/// it an HTTPS server. Thread: any. Lifetime: within the context's; outlives the server.
class server_layers final : public byte_layer_source {
 public:
  explicit server_layers(const context& of,
                         duration handshake_timeout = duration::seconds(10)) noexcept
      : context_(&of), timeout_(handshake_timeout) {}

  task<owned<byte_layer>> accept(stream_socket& wire) override;

 private:
  const context* context_;
  duration timeout_;
};

/// The layer of one connection.
class server_layer final : public byte_layer {
 public:
  explicit server_layer(engine agreed) noexcept : engine_(std::move(agreed)) {}

  result<bool> decode(std::span<const std::byte> wire, std::string& plain) override;
  result<void> encode(std::span<const std::byte> plain, std::string& wire) override;
  void end(std::string& wire) override;

  /// For what was agreed upon: protocol, certificate of the client.
  const engine& agreed() const noexcept { return engine_; }

 private:
  engine engine_;
};

}  // namespace rondo::tls
