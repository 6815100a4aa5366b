#include "tls/tls_fixture.hpp"

#include <array>

namespace rondo::testing {

const authority& the_authority() {
  static const authority one("Rondo's test authority");
  return one;
}

const identity& localhost() {
  static const identity one = for_localhost(the_authority());
  return one;
}

tls::server_options server_as(const identity& who) {
  tls::server_options options;
  options.certificates = tls::pem::text(who.certificate);
  options.private_key = tls::pem::text(who.key);
  return options;
}

tls::client_options client_trusting(const authority& whom) {
  tls::client_options options;
  options.trusted = tls::pem::text(whom.certificate());
  return options;
}

tls::server_options plain_server() {
  return server_as(localhost());
}

tls::client_options plain_client() {
  return client_trusting(the_authority());
}

namespace {

bool carry(tls::engine& from, tls::engine& to) {
  std::string wire;
  from.take_output(wire);
  to.input_arrived(bytes_of(wire));
  return !wire.empty();
}

void go_on(tls::engine& with, std::optional<error>& failure) {
  if (failure) return;
  const auto came = with.handshake();
  if (!came) failure = came.error();
}

}  // namespace

void engine_pair::shake_hands() {
  bool moved = true;
  while (moved) {
    go_on(client, client_failure);
    moved = carry(client, server);
    go_on(server, server_failure);
    moved |= carry(server, client);
  }
}

void engine_pair::exchange() {
  carry(client, server);
  carry(server, client);
}

std::string read_all(tls::engine& at, result<tls::engine::reading>* last) {
  std::string all;
  std::array<char, 5000> piece;
  for (;;) {
    auto got = at.read(std::as_writable_bytes(std::span(piece)));
    const bool some = got && got->at == tls::step::done;
    if (some) all.append(piece.data(), got->count);
    if (!some) {
      if (last != nullptr) *last = std::move(got);
      return all;
    }
  }
}

task<tls_ends> secured(both_ends tcp, const tls::context& client_side,
                       const tls::context& server_side, tls::stream_options options) {
  auto [client, server] =
      co_await when_all(tls::connect(std::move(tcp.near), "localhost", client_side, options),
                        tls::accept(std::move(tcp.far), server_side, options));
  tls_ends both;
  both.client = std::move(client);
  both.server = std::move(server);
  co_return both;
}

task<std::string> read_string(tls::stream& from, std::size_t size) {
  std::string text(size, '\0');
  co_await from.read_exact(std::as_writable_bytes(std::span(text)));
  co_return text;
}

task<std::string> read_to_end(tls::stream& from) {
  std::string all;
  std::string piece(8000, '\0');
  for (;;) {
    const std::size_t count = co_await from.read(std::as_writable_bytes(std::span(piece)));
    if (count == 0) break;
    all.append(piece, 0, count);
  }
  co_return all;
}

}  // namespace rondo::testing
