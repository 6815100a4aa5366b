// What it costs a long computation to ask, in each round, whether its slice of time is over.
#include <benchmark/benchmark.h>

#include <rondo/async/run.hpp>
#include <rondo/async/slice.hpp>

namespace {

constexpr long rounds = 1'000'000;

rondo::task<> work(bool sliced, long n) {
  rondo::slice slice(rondo::duration::milliseconds(2));
  for (long i = 0; i < n; ++i) {
    benchmark::DoNotOptimize(i);
    if (sliced) co_await slice;
  }
}

void report(benchmark::State& state, bool sliced) {
  for (auto _ : state) rondo::run(work(sliced, rounds));
  state.SetItemsProcessed(state.iterations() * rounds);
}

void round_without_a_check(benchmark::State& state) {
  report(state, false);
}
BENCHMARK(round_without_a_check);

void round_with_a_check(benchmark::State& state) {
  report(state, true);
}
BENCHMARK(round_with_a_check);

}  // namespace
