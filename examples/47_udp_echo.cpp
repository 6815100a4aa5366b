// Datagrams: who sent one is told with it; a peer that is not there refuses.
#include <array>
#include <chrono>
#include <cstdio>

#include <rondo/rondo.hpp>

using namespace std::chrono_literals;

rondo::task<> echo(rondo::udp_socket& server) {
  std::array<std::byte, 1500> room;
  for (;;) {
    const rondo::datagram asked = co_await server.receive(room);
    co_await server.send_to(asked.bytes, asked.from);
  }
}

/// A datagram may be lost on its way: ask again until there is an answer.
rondo::task<> ask(rondo::udp_socket& client, std::string_view question) {
  std::array<std::byte, 1500> room;
  for (int attempt = 1; attempt <= 3; ++attempt) {
    co_await client.send(question);
    const auto answer = co_await rondo::within(200ms, client.receive(room));
    if (!answer) continue;
    std::printf("%.*s\n", static_cast<int>(answer->bytes.size()), answer->text().data());
    co_return;
  }
  std::puts("no answer");
}

rondo::task<> amain() {
  rondo::udp_socket server = co_await rondo::udp_socket::bind("127.0.0.1:0");
  const rondo::socket_address where = *server.local_address();
  rondo::udp_socket client = co_await rondo::udp_socket::connect(where);

  auto talk = [&](rondo::scope& s) -> rondo::task<> {
    s.spawn(echo(server));
    co_await ask(client, "hello");
    co_await ask(client, "hello again");
    s.cancel();
  };
  co_await rondo::with_scope(talk);

  server.close();
  try {
    co_await ask(client, "still there?");
  } catch (const rondo::error& e) {
    std::printf("%s\n", to_string(e.code()));
  }
}

int main() {
  return rondo::run(amain());
}
