// A barrier keeps tasks in step, round by round; a latch waits once, until a number of things have
// been done.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/sync/barrier.hpp>
#include <rondo/sync/latch.hpp>
#include <rondo/task/scope.hpp>

using namespace std::chrono_literals;

rondo::task<> hiker(rondo::barrier& huts, rondo::latch& home, rondo::duration pace, int& walked) {
  for (int day = 1; day <= 3; ++day) {
    co_await rondo::sleep_for(pace);
    ++walked;
    if (co_await huts.arrive_and_wait()) {  // true for the last to arrive
      std::printf("day %d: all have arrived, %d legs walked\n", day, walked);
    }
  }
  home.count_down();
}

rondo::task<> amain() {
  rondo::barrier huts(3);
  rondo::latch home(3);
  int walked = 0;
  co_await rondo::with_scope([&](rondo::scope& s) -> rondo::task<> {
    s.spawn(hiker(huts, home, 1ms, walked));
    s.spawn(hiker(huts, home, 2ms, walked));
    s.spawn(hiker(huts, home, 3ms, walked));
    co_await home.wait();
    std::puts("everybody is home");
  });
}

int main() {
  return rondo::run(amain());
}
