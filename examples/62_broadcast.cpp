// Every subscriber gets every message. Publishing never waits, so who is too slow misses some, and
// is told how many.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/sync/broadcast.hpp>
#include <rondo/task/scope.hpp>

using namespace std::chrono_literals;

rondo::task<> listen(const char* name, rondo::broadcast<int>::subscriber news,
                     rondo::duration time_for_each) {
  for (;;) {
    try {
      const auto message = co_await news.receive();
      if (!message) break;
      std::printf("%s: %d\n", name, *message);
      co_await rondo::sleep_for(time_for_each);
    } catch (const rondo::lagged& e) {
      std::printf("%s: missed %d\n", name, static_cast<int>(e.missed()));
    }
  }
}

rondo::task<> amain() {
  rondo::broadcast<int> news(2);
  co_await rondo::with_scope([&](rondo::scope& s) -> rondo::task<> {
    s.spawn(listen("quick", news.subscribe(), 0ms));
    s.spawn(listen("slow", news.subscribe(), 35ms));
    for (int i = 1; i <= 4; ++i) {
      news.publish(i);
      co_await rondo::sleep_for(10ms);
    }
    news.close();
  });
}

int main() {
  rondo::simulated_clock clock;
  rondo::loop_options options;
  options.time = &clock;
  return rondo::run(amain(), std::move(options));
}
