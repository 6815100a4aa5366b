// A million timers at once, as a server of a million connections with an idle timeout each has
// them. One iteration arms all and takes all out again; the figure that counts is `per_timer`, the
// cost of both halves for one timer. The second half goes in an order of its own, because real
// timeouts are not cancelled in the order of their arming.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include <rondo/base/timer_heap.hpp>

namespace {

constexpr std::size_t count = 1'000'000;
constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t horizon = 60'000 * millisecond;

enum class due_times { random, rounded, same_delay };

/// A due time for each timer, within a minute.
std::vector<rondo::instant> make_due_times(due_times kind) {
  std::mt19937_64 random(1);
  std::vector<rondo::instant> all;
  all.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto ns = static_cast<std::int64_t>(random() % horizon);
    if (kind == due_times::rounded) ns -= ns % millisecond;
    if (kind == due_times::same_delay) ns = static_cast<std::int64_t>(i) * 100;
    all.push_back(rondo::instant::from_ns(ns));
  }
  return all;
}

void report(benchmark::State& state) {
  state.counters["per_timer"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * count,
                         static_cast<benchmark::Counter::Flags>(benchmark::Counter::kIsRate |
                                                                benchmark::Counter::kInvert));
}

enum class cancel_order { of_arming, random };

/// Arms all, then cancels all.
void insert_cancel(benchmark::State& state, due_times kind, cancel_order cancels) {
  const std::vector<rondo::instant> due = make_due_times(kind);
  std::vector<rondo::timer> timers(count);
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  if (cancels == cancel_order::random) std::ranges::shuffle(order, std::mt19937_64(2));
  rondo::timer_heap heap;
  for (auto _ : state) {
    for (std::size_t i = 0; i < count; ++i) heap.arm(timers[i], due[i]);
    for (const std::size_t i : order) heap.disarm(timers[i]);
  }
  report(state);
}

/// One timer armed and cancelled again while `range` others stay.
void insert_cancel_beside(benchmark::State& state, due_times kind) {
  const std::vector<rondo::instant> due = make_due_times(kind);
  std::vector<rondo::timer> others(static_cast<std::size_t>(state.range(0)));
  rondo::timer_heap heap;
  for (std::size_t i = 0; i < others.size(); ++i) heap.arm(others[i], due[i]);
  rondo::timer extra;
  std::size_t i = 0;
  for (auto _ : state) {
    heap.arm(extra, due[i]);
    heap.disarm(extra);
    i = i + 1 == count ? 0 : i + 1;
  }
}

/// Arms all, then takes them out as they fall due.
void insert_pop(benchmark::State& state, due_times kind) {
  const std::vector<rondo::instant> due = make_due_times(kind);
  std::vector<rondo::timer> timers(count);
  rondo::timer_heap heap;
  for (auto _ : state) {
    for (std::size_t i = 0; i < count; ++i) heap.arm(timers[i], due[i]);
    while (rondo::timer* t = heap.pop_due(rondo::instant::never())) benchmark::DoNotOptimize(t);
  }
  report(state);
}

BENCHMARK_CAPTURE(insert_cancel, random, due_times::random, cancel_order::random)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(insert_cancel, random_in_order, due_times::random, cancel_order::of_arming)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(insert_cancel, rounded, due_times::rounded, cancel_order::random)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(insert_cancel, rounded_in_order, due_times::rounded, cancel_order::of_arming)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(insert_cancel, same_delay, due_times::same_delay, cancel_order::random)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(insert_cancel, same_delay_in_order, due_times::same_delay,
                  cancel_order::of_arming)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(insert_cancel_beside, random, due_times::random)->Arg(0)->Arg(1'000)->Arg(count);
BENCHMARK_CAPTURE(insert_cancel_beside, rounded, due_times::rounded)->Arg(count);
BENCHMARK_CAPTURE(insert_pop, random, due_times::random)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(insert_pop, rounded, due_times::rounded)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(insert_pop, same_delay, due_times::same_delay)->Unit(benchmark::kMillisecond);

}  // namespace
