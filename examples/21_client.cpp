// What a client meets: a refusal, a deadline, a read that is given up and loses nothing.
#include <array>
#include <chrono>
#include <cstdio>

#include <rondo/rondo.hpp>

using namespace std::chrono_literals;

rondo::task<> slow_server(rondo::tcp_listener& listener) {
  rondo::tcp_stream peer = co_await listener.accept();
  co_await peer.write_all("half ");
  co_await rondo::sleep_for(30ms);
  co_await peer.write_all("done.");
}

rondo::task<> read_record(rondo::tcp_stream& from, std::span<std::byte> record) {
  co_await from.read_exact(record);
}

rondo::task<> patient_client(rondo::socket_address server) {
  const rondo::connect_options limits(1s);
  rondo::tcp_stream stream = co_await rondo::tcp_stream::connect(server, limits);
  std::array<std::byte, 10> record;
  for (int attempt = 1;; ++attempt) {
    try {
      co_await rondo::with_timeout(20ms, read_record(stream, record));
      break;
    } catch (const rondo::error& e) {
      if (e.code() != rondo::errc::timed_out) throw;
      if (attempt == 1) std::puts("not all there yet");
    }
  }
  // What the attempts that were given up had read stayed with the stream.
  std::printf("%.10s\n", reinterpret_cast<const char*>(record.data()));
}

rondo::task<> amain() {
  auto listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");
  const rondo::socket_address where = *listener.local_address();
  co_await rondo::when_all(slow_server(listener), patient_client(where));
  listener.close();
  const auto refused = co_await rondo::tcp_stream::connect(where).as_result();
  std::puts(refused ? "connected?" : to_string(refused.error().code()));
}

int main() {
  return rondo::run(amain());
}
