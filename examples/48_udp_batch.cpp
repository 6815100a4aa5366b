// Many datagrams with few system calls: a batch, and one buffer that the kernel cuts and joins.
#include <cstdio>
#include <string>
#include <vector>

#include <rondo/rondo.hpp>

rondo::task<> batches(rondo::udp_socket& server, rondo::udp_socket& client) {
  std::vector<std::string> texts;
  texts.reserve(10);
  for (int i = 0; i < 10; ++i) texts.push_back("number " + std::to_string(i));
  const std::vector<rondo::outgoing_datagram> out(texts.begin(), texts.end());
  const std::size_t sent = co_await client.send_many(out);

  rondo::datagram_batch batch(32, 1500);  // used again and again
  std::size_t received = 0;
  while (received < sent) {
    received += co_await server.receive_many(batch);
    for (const rondo::datagram& d : batch) std::printf("%.8s\n", d.text().data());
  }
}

rondo::task<> segments(rondo::udp_socket& server, rondo::udp_socket& client) {
  const std::string text(30'000, 'x');
  const std::size_t sent = co_await client.send_segments(rondo::outgoing_datagram(text), 1200);
  std::vector<std::byte> room(65'535);
  std::size_t received = 0;
  while (received < sent) {
    const rondo::datagram some = co_await server.receive(room);  // one, or several of equal size
    received += some.segments();
  }
  std::printf("%zu of 1200 bytes\n", received);
}

rondo::task<> amain() {
  rondo::udp_options options;
  options.coalesce = true;  // where the kernel does not know it, each comes by itself
  rondo::udp_socket server = co_await rondo::udp_socket::bind("127.0.0.1:0", options);
  rondo::udp_socket client = co_await rondo::udp_socket::connect(*server.local_address());
  co_await batches(server, client);
  co_await segments(server, client);
}

int main() {
  return rondo::run(amain());
}
