// A scope owns what is spawned into it: it is left only after the last of its tasks has ended, and
// a failure of one cancels the others and comes out here, so nothing vanishes.
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/task/scope.hpp>

using namespace std::chrono_literals;

rondo::task<int> measure(const char* name, rondo::duration time, int value) {
  co_await rondo::sleep_for(time);
  std::printf("%s is done\n", name);
  co_return value;
}

rondo::task<> broken() {
  co_await rondo::sleep_for(2ms);
  throw std::runtime_error("the sensor is broken");
}

rondo::task<int> sum() {
  co_return co_await rondo::with_scope([](rondo::scope& s) -> rondo::task<int> {
    s.spawn(measure("third", 3ms, 0));  // nobody asks for it; the scope waits for it all the same
    auto first = s.spawn(measure("first", 1ms, 40));
    auto second = s.spawn(measure("second", 2ms, 2));
    const int a = co_await first;
    const int b = co_await second;
    co_return a + b;
  });
}

rondo::task<> amain() {
  const int total = co_await sum();
  std::printf("sum: %d\n", total);
  try {
    co_await rondo::with_scope([](rondo::scope& s) -> rondo::task<> {
      s.spawn(broken());
      co_await measure("never", 1h, 0);  // cancelled when the other one fails
    });
  } catch (const std::runtime_error& e) {
    std::printf("the scope failed: %s\n", e.what());
  }
}

int main() {
  return rondo::run(amain());
}
