// Four threads compute, and hand their results to the loop. `post` may be called from anywhere;
// what it hands over runs on the loop's thread, so the sum needs no lock.
#include <cstdio>
#include <thread>
#include <vector>

#include <rondo/loop/loop.hpp>

int main() {
  constexpr int threads = 4;
  constexpr int each = 1000;
  rondo::loop loop;
  const rondo::handle_id held = loop.hold();  // posts to come do not keep a loop alive: this does
  long sum = 0;
  int arrived = 0;

  std::vector<std::jthread> workers;  // joined before the loop goes, as `post` asks
  workers.reserve(threads);
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&] {
      for (int i = 1; i <= each; ++i) {
        loop.post([&, i] {
          sum += i;
          if (++arrived == threads * each) loop.clear(held);
        });
      }
    });
  }
  loop.run();
  std::printf("%d posts, sum %ld\n", arrived, sum);
}
