// What belongs to nobody in particular is given to the root scope: it runs in the background, is
// never lost, and ends with the program.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/task/spawn.hpp>

using namespace std::chrono_literals;

rondo::task<> heartbeat() {
  struct at_the_end {
    ~at_the_end() { std::puts("heartbeat: ends"); }
  } const guard;
  for (;;) {
    std::puts("heartbeat");
    co_await rondo::sleep_for(1h);
  }
}

rondo::task<int> load(int n) {
  co_await rondo::sleep_for(1ms);
  co_return n;
}

rondo::task<> amain() {
  co_await rondo::spawn("heartbeat", heartbeat());
  auto config = co_await rondo::spawn("config", load(42));  // begins while we go on
  std::puts("main: doing something else");
  const int value = co_await config;
  std::printf("main: config %d\n", value);
}

int main() {
  return rondo::run(amain());
}
