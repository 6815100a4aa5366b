// Task1 sleeps for 2 s and Task2 for 1 s, on a clock that jumps from timer to timer: both start at
// 0, Task2 goes on at 1 and Task1 at 2, and the program takes no time at all.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/task/when_all.hpp>

using namespace std::chrono_literals;

rondo::task<> example(rondo::clock& time, const char* name, rondo::duration delay) {
  std::printf("%s started at %.0f\n", name, (time.now() - rondo::instant()).count_seconds());
  co_await rondo::sleep_for(delay);
  std::printf("%s resumed at %.0f\n", name, (time.now() - rondo::instant()).count_seconds());
}

rondo::task<> amain(rondo::clock& time) {
  co_await rondo::when_all(example(time, "Task1", 2s), example(time, "Task2", 1s));
}

int main() {
  rondo::simulated_clock time;
  rondo::loop_options options;
  options.time = &time;
  return rondo::run(amain(time), std::move(options));
}
