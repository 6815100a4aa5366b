// A slow reader costs bounded memory: `write_all` returns when the kernel has taken the bytes, so
// a producer that awaits it is as fast as its consumer, and holds one piece at a time.
#include <chrono>
#include <cstdio>
#include <string>

#include <rondo/rondo.hpp>

using namespace std::chrono_literals;

constexpr std::size_t piece_size = 100'000;
constexpr int pieces = 200;  // 20 MB, far more than the kernel's buffers take

rondo::task<> produce(rondo::tcp_stream to, int& produced) {
  const std::string piece(piece_size, 'x');
  for (; produced < pieces; ++produced) co_await to.write_all(piece);
  to.close();
}

rondo::task<> consume(rondo::tcp_stream from, const int& produced) {
  co_await rondo::sleep_for(20ms);
  std::puts(produced < pieces ? "the producer waits" : "all was buffered");
  std::size_t total = 0;
  for (;;) {
    const rondo::io_buffer some = co_await from.read_some();
    if (some.empty()) break;
    total += some.size();
  }
  std::printf("%zu bytes\n", total);
}

rondo::task<> amain() {
  auto listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");
  rondo::tcp_stream near = co_await rondo::tcp_stream::connect(*listener.local_address());
  rondo::tcp_stream far = co_await listener.accept();
  int produced = 0;
  co_await rondo::when_all(produce(std::move(near), produced), consume(std::move(far), produced));
}

int main() {
  return rondo::run(amain());
}
