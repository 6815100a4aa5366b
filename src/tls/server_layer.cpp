// TLS as a layer: the handshake over the socket, then the engine alone.
#include <rondo/net/stream_socket.hpp>
#include <rondo/tls/server_layer.hpp>

#include "tls/handshake.hpp"

namespace rondo::tls {

namespace {

/// A socket of somebody else's as a stream: it goes back when the handshake is over.
class borrowed_stream {
 public:
  explicit borrowed_stream(stream_socket& of) noexcept : socket_(&of) {}

  auto read(std::span<std::byte> into) { return socket_->read(into); }
  auto write_all(std::span<const std::byte> bytes) { return socket_->write_all(bytes); }
  result<void> shutdown() { return socket_->shutdown(); }
  void close() noexcept { socket_->close(); }

 private:
  stream_socket* socket_;
};

}  // namespace

task<owned<byte_layer>> server_layers::accept(stream_socket& wire) {
  any_stream over{borrowed_stream(wire)};
  engine machine(*context_);
  co_await shake_hands(over, machine, {}, timeout_);
  co_return make_owned<server_layer>(std::move(machine));
}

result<bool> server_layer::decode(std::span<const std::byte> wire, std::string& plain) {
  result<step> came = engine_.decode(wire, plain);
  if (!came) return std::unexpected(std::move(came).error());
  return *came != step::ended;
}

result<void> server_layer::encode(std::span<const std::byte> plain, std::string& wire) {
  return engine_.encode(plain, wire);
}

void server_layer::end(std::string& wire) {
  engine_.end_writing();
  if (engine_.has_output()) {
    std::string last;
    engine_.take_output(last);
    wire += last;
  }
}

}  // namespace rondo::tls
