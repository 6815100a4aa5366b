// What it costs that somebody looks: a task spawned and joined, a child awaited, a yield, a mutex,
// each with and without an inspector; and one look at many tasks.
#include <benchmark/benchmark.h>

#include <deque>
#include <optional>
#include <utility>

#include <rondo/async/run.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/observe/inspect.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/task/scope.hpp>

namespace {

using rondo::task;
using rondo::observe::inspector;

task<std::optional<inspector>> inspector_for(const benchmark::State& state) {
  rondo::observe::inspect_options options;
  options.socket = false;
  std::optional<inspector> see;
  if (state.range(0) != 0) see.emplace(co_await rondo::observe::inspect(options));
  co_return see;
}

task<> nothing() {
  co_return;
}

void spawn_and_join(benchmark::State& state) {
  auto main = [&]() -> task<> {
    const auto see = co_await inspector_for(state);
    auto body = [&](rondo::scope& all) -> task<> {
      for (auto _ : state) {
        auto handle = all.spawn(nothing());
        co_await handle;
      }
    };
    co_await rondo::with_scope(body);
  };
  rondo::run(main());
}

void await_child(benchmark::State& state) {
  auto main = [&]() -> task<> {
    const auto see = co_await inspector_for(state);
    for (auto _ : state) co_await nothing();
  };
  rondo::run(main());
}

void yield(benchmark::State& state) {
  auto main = [&]() -> task<> {
    const auto see = co_await inspector_for(state);
    for (auto _ : state) co_await rondo::yield_now();
  };
  rondo::run(main());
}

void lock_and_unlock(benchmark::State& state) {
  auto main = [&]() -> task<> {
    const auto see = co_await inspector_for(state);
    rondo::mutex m;
    for (auto _ : state) {
      const rondo::mutex::guard hold = co_await m.lock();
      benchmark::DoNotOptimize(&hold);
    }
  };
  rondo::run(main());
}

/// With so many tasks that wait.
void look(benchmark::State& state) {
  auto main = [&]() -> task<> {
    rondo::observe::inspect_options options;
    options.socket = false;
    const inspector see = co_await rondo::observe::inspect(options);
    rondo::event never;
    auto waits = [&]() -> task<> { co_await never.wait(); };
    auto body = [&](rondo::scope& all) -> task<> {
      for (long i = 0; i < state.range(0); ++i) all.spawn(waits());
      for (long i = 0; i < state.range(0) / 100; ++i) co_await rondo::yield_now();
      for (auto _ : state) benchmark::DoNotOptimize(see.look());
      all.cancel();
    };
    co_await rondo::with_scope(body);
  };
  rondo::run(main());
}

/// The same where each waits for a mutex of its own, which another task holds.
void look_at_locks(benchmark::State& state) {
  auto main = [&]() -> task<> {
    rondo::observe::inspect_options options;
    options.socket = false;
    const inspector see = co_await rondo::observe::inspect(options);
    std::deque<rondo::mutex> locks(static_cast<std::size_t>(state.range(0)));
    rondo::event never;
    auto holds = [&](rondo::mutex& m) -> task<> {
      const rondo::mutex::guard hold = co_await m.lock();
      co_await never.wait();
    };
    auto body = [&](rondo::scope& all) -> task<> {
      for (int i = 0; i < 2; ++i) {
        for (rondo::mutex& each : locks) all.spawn(holds(each));
      }
      for (long i = 0; i < state.range(0) / 50; ++i) co_await rondo::yield_now();
      for (auto _ : state) benchmark::DoNotOptimize(see.look());
      all.cancel();
    };
    co_await rondo::with_scope(body);
  };
  rondo::run(main());
}

BENCHMARK(spawn_and_join)->Arg(0)->Arg(1);
BENCHMARK(await_child)->Arg(0)->Arg(1);
BENCHMARK(yield)->Arg(0)->Arg(1);
BENCHMARK(lock_and_unlock)->Arg(0)->Arg(1);
BENCHMARK(look)->Arg(100)->Arg(10'000)->Unit(benchmark::kMicrosecond);
BENCHMARK(look_at_locks)->Arg(100)->Arg(10'000)->Unit(benchmark::kMicrosecond);

}  // namespace
