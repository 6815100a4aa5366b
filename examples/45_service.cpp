// Where a service is: SRV records, asked of a name server that this program is itself.
#include <array>
#include <cstdio>
#include <string>

#include <rondo/rondo.hpp>

/// One record behind the question that it answers.
std::string record(int priority, int port, const std::string& target) {
  std::string data = {0,
                      static_cast<char>(priority),
                      0,
                      1,
                      static_cast<char>(port >> 8),
                      static_cast<char>(port),
                      static_cast<char>(target.size())};
  data += target + std::string("\4test\0", 6);
  const std::string head("\xc0\x0c\0\x21\0\1\0\0\1\x2c\0", 11);  // SRV, good for 300 s
  return head + static_cast<char>(data.size()) + data;
}

rondo::task<> serve(rondo::udp_socket& socket) {
  std::array<std::byte, 512> room;
  for (;;) {
    const rondo::datagram asked = co_await socket.receive(room);
    const std::string query(reinterpret_cast<const char*>(asked.bytes.data()), asked.bytes.size());
    const std::size_t end = query.find('\0', 12) + 5;  // of the name, its type and its class
    const std::string head = query.substr(0, 2) + std::string("\x81\x80\0\1\0\2\0\0\0\0", 10);
    const std::string answer =
        head + query.substr(12, end - 12) + record(20, 5060, "second") + record(10, 5061, "first");
    co_await socket.send_to(answer, asked.from);
  }
}

rondo::task<> amain() {
  rondo::udp_socket socket = co_await rondo::udp_socket::bind("127.0.0.1:0");
  rondo::loop& here = co_await rondo::this_loop();
  rondo::dns::resolver_options options;
  options.servers = {socket.local_address().value()};
  rondo::dns::resolver names(here, options);

  const auto body = [&](rondo::scope& tasks) -> rondo::task<> {
    tasks.spawn(serve(socket));
    const auto found = co_await names.resolve_srv("_sip._tcp.test");
    for (const rondo::dns::srv_record& each : found) {
      std::printf("%d %s:%d\n", each.priority, each.target.c_str(), each.port);
    }
    std::printf("good for %.0f s\n", found.ttl.count_seconds());
    tasks.cancel();
  };
  co_await rondo::with_scope(body);
}

int main() {
  return rondo::run(amain());
}
