// Bytes, not times: what a task and a waiter cost in memory, as the pool of frames counts them. The
// column to read is `bytes`; each is for one of 1,000 that wait at the same time.
#include <benchmark/benchmark.h>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/task/frame_pool.hpp>
#include <rondo/task/scope.hpp>

namespace {

using rondo::scope;
using rondo::task;

constexpr int many = 1000;

task<> sleeper() {
  co_await rondo::sleep_for(rondo::duration::seconds(3600));
}
task<> waits_for(rondo::event& e) {
  co_await e.wait();
}
task<> waits_for(rondo::mutex& m) {
  const rondo::mutex::guard held = co_await m.lock();
}
task<> awaits_sleeper() {
  co_await sleeper();
}

/// What `many` tasks hold while all of them wait.
template <class... Args>
void measure(benchmark::State& state, task<> (*make)(Args&...), Args&... args) {
  long bytes = 0;
  const auto main = [&]() -> task<> {
    co_await rondo::with_scope([&](scope& s) -> task<> {
      const long before = rondo::frame_pool::live_bytes();
      for (int i = 0; i < many; ++i) s.spawn(make(args...));
      co_await rondo::sleep_for(rondo::duration());  // all of them wait now
      bytes = rondo::frame_pool::live_bytes() - before;
      s.cancel();
    });
  };
  for (auto _ : state) rondo::run(main());
  state.counters["bytes"] = static_cast<double>(bytes) / many;
}

void spawned_sleeper(benchmark::State& state) {
  measure(state, &sleeper);
}
BENCHMARK(spawned_sleeper)->Iterations(1);

void spawned_sleeper_in_a_child(benchmark::State& state) {
  measure(state, &awaits_sleeper);
}
BENCHMARK(spawned_sleeper_in_a_child)->Iterations(1);

void spawned_waiter_of_an_event(benchmark::State& state) {
  rondo::event never;
  measure<rondo::event>(state, &waits_for, never);
}
BENCHMARK(spawned_waiter_of_an_event)->Iterations(1);

void spawned_waiter_of_a_mutex(benchmark::State& state) {
  rondo::mutex m;
  auto held = m.try_lock();
  measure<rondo::mutex>(state, &waits_for, m);
}
BENCHMARK(spawned_waiter_of_a_mutex)->Iterations(1);

void waiter_alone(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(state.iterations());
  state.counters["bytes"] = sizeof(rondo::waiter);
}
BENCHMARK(waiter_alone)->Iterations(1);

void line_of_execution(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(state.iterations());
  state.counters["bytes"] = sizeof(rondo::task_context);
}
BENCHMARK(line_of_execution)->Iterations(1);

}  // namespace
