// What sequences and choices cost beyond the work in them: an element of a generator, of one nested
// ten deep and of an asynchronous one, and a child of when_all, of when_any and of a join_set.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <utility>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/task/async_generator.hpp>
#include <rondo/task/generator.hpp>
#include <rondo/task/join_set.hpp>
#include <rondo/task/when_all.hpp>
#include <rondo/task/when_any.hpp>

namespace {

using rondo::task;

constexpr int batch = 1'000;

void report(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * batch);
}

rondo::generator<int> numbers(int depth) {
  if (depth > 0) {
    co_yield rondo::elements_of(numbers(depth - 1));
  } else {
    for (int i = 0; i < batch; ++i) co_yield i;
  }
}

void generator_element(benchmark::State& state) {
  for (auto _ : state) {
    for (int n : numbers(static_cast<int>(state.range(0)))) benchmark::DoNotOptimize(n);
  }
  report(state);
}

rondo::async_generator<int> asynchronous_numbers() {
  for (int i = 0; i < batch; ++i) co_yield i;
}

task<> read_all(benchmark::State& state) {
  for (auto _ : state) {
    auto numbers = asynchronous_numbers();
    while (auto n = co_await numbers.next()) benchmark::DoNotOptimize(*n);
  }
}

[[gnu::noinline]] task<int> child(int n) {
  co_return n;
}

std::vector<task<int>> children() {
  std::vector<task<int>> work;
  work.reserve(batch);
  for (int i = 0; i < batch; ++i) work.push_back(child(i));
  return work;
}

task<> all_of_a_thousand(benchmark::State& state) {
  for (auto _ : state) {
    const auto results = co_await rondo::when_all(children());
    benchmark::DoNotOptimize(results.back());
  }
}

task<> any_of_a_thousand(benchmark::State& state) {
  for (auto _ : state) {
    const auto results = co_await rondo::when_any(children());
    benchmark::DoNotOptimize(results.index());
  }
}

task<> set_of_a_thousand(benchmark::State& state) {
  for (auto _ : state) {
    co_await rondo::as_completed(children(), [](int n) { benchmark::DoNotOptimize(n); });
  }
}

template <task<> (*Work)(benchmark::State&)>
void run_task(benchmark::State& state) {
  rondo::run(Work(state));
  report(state);
}

BENCHMARK(generator_element)->Arg(0)->Arg(10);
BENCHMARK(run_task<read_all>)->Name("async_generator_element");
BENCHMARK(run_task<all_of_a_thousand>)->Name("when_all_child");
BENCHMARK(run_task<any_of_a_thousand>)->Name("when_any_child");
BENCHMARK(run_task<set_of_a_thousand>)->Name("join_set_child");

}  // namespace
