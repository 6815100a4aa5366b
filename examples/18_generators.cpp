// Generators: a sequence that is computed while it is read, tasks made of such sequences on a clock
// that jumps, and a sequence whose elements have to be waited for.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/task/async_generator.hpp>
#include <rondo/task/generator.hpp>
#include <rondo/task/when_all.hpp>

using namespace std::chrono_literals;

rondo::generator<int> fibonacci() {
  int a = 0;
  int b = 1;
  for (;;) {
    co_yield a;
    b += a;
    a = b - a;
  }
}

rondo::generator<int> sandwich() {
  co_yield 100;
  int left = 5;
  for (const int n : fibonacci()) {  // or, to the very end: co_yield rondo::elements_of(other())
    if (left-- == 0) break;
    co_yield n;
  }
  co_yield 100;
}

// A task in the style of early frameworks: a generator that yields how long it wants to sleep...
rondo::generator<rondo::duration> example(const char* name, rondo::duration nap) {
  std::printf("%s started\n", name);
  co_yield nap;
  std::printf("%s resumed\n", name);
}

// ...and what runs it.
rondo::task<> drive(rondo::generator<rondo::duration> steps) {
  for (const rondo::duration nap : steps) co_await rondo::sleep_for(nap);
}

rondo::async_generator<double> sensor() {
  for (double degrees = 20.0;; degrees += 0.5) {
    co_await rondo::sleep_for(1s);
    co_yield degrees;
  }
}

rondo::task<> amain() {
  for (const int n : sandwich()) std::printf("%d ", n);
  std::printf("\n");

  co_await rondo::when_all(drive(example("Task1", 2s)), drive(example("Task2", 1s)));

  auto readings = sensor();
  while (const auto degrees = co_await readings.next()) {
    std::printf("%.1f degrees\n", *degrees);
    if (*degrees > 20.6) break;  // left early: the sensor's loop is destroyed with `readings`
  }
}

int main() {
  rondo::simulated_clock time;
  rondo::loop_options options;
  options.time = &time;
  return rondo::run(amain(), std::move(options));
}
