// Cancelling is a level, not an event: a task that swallows it meets it again at its next await,
// and only the scope that was cancelled absorbs it. Destructors run as on any other way out.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/task/scope.hpp>

using namespace std::chrono_literals;

class lamp {
 public:
  lamp() { std::puts("lamp on"); }
  lamp(const lamp&) = delete;
  ~lamp() { std::puts("lamp off"); }
};

rondo::task<> watch() {
  const lamp light;
  for (;;) co_await rondo::sleep_for(1h);
}

rondo::task<> stubborn() {
  for (int i = 1;; ++i) {
    try {
      co_await rondo::sleep_for(1h);
    } catch (const rondo::cancelled&) {
      std::printf("not listening, %d\n", i);
      if (i == 3) throw;
    }
  }
}

rondo::task<> amain() {
  co_await rondo::with_scope([](rondo::scope& s) -> rondo::task<> {
    s.spawn(watch());
    s.spawn(stubborn());
    co_await rondo::sleep_for(1ms);
    std::printf("%d tasks: cancelling\n", s.size());
    s.cancel();
  });
  std::puts("all have ended");
}

int main() {
  return rondo::run(amain());
}
