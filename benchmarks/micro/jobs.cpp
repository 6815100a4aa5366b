// What queueing costs: the first in, first out of every phase, and the inbox that other threads
// post to.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include <rondo/base/inbox.hpp>
#include <rondo/base/job.hpp>

namespace {

constexpr std::size_t batch = 1'000;

void report(benchmark::State& state) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * batch));
}

void job_queue_push_pop(benchmark::State& state) {
  std::vector<rondo::job> jobs(batch);
  rondo::job_queue queue;
  for (auto _ : state) {
    for (rondo::job& j : jobs) queue.push(j);
    while (rondo::job* j = queue.pop()) benchmark::DoNotOptimize(j);
  }
  report(state);
}

/// One thread that posts to itself: the price of the atomics without contention.
void inbox_post_and_take(benchmark::State& state) {
  std::vector<rondo::job> jobs(batch);
  rondo::inbox inbox;
  rondo::job_queue queue;
  for (auto _ : state) {
    for (rondo::job& j : jobs) benchmark::DoNotOptimize(inbox.push(j));
    inbox.take_into(queue);
    while (rondo::job* j = queue.pop()) benchmark::DoNotOptimize(j);
  }
  report(state);
}

rondo::inbox contended;  // shared by the threads of the benchmark below

/// Every thread posts; the first also takes out, as the loop would. A thread posts its own jobs
/// again only when a taker is through with them, so each marks its jobs' return.
void inbox_post_contended(benchmark::State& state) {
  struct returning_job : rondo::job {
    returning_job() noexcept
        : rondo::job([](rondo::job& j) {
            static_cast<returning_job&>(j).home.store(true, std::memory_order_release);
          }) {}
    std::atomic<bool> home{true};
  };
  std::vector<returning_job> jobs(batch);
  rondo::job_queue queue;
  const auto take = [&] {
    contended.take_into(queue);
    while (rondo::job* j = queue.pop()) j->run(*j);
  };
  std::int64_t posted = 0;
  for (auto _ : state) {
    for (returning_job& j : jobs) {
      if (!j.home.load(std::memory_order_acquire)) continue;
      j.home.store(false, std::memory_order_relaxed);
      contended.push(j);
      ++posted;
    }
    if (state.thread_index() == 0) take();
  }
  // All threads have left the loop above before any is past it, so nothing is posted any more.
  if (state.thread_index() == 0) take();
  for (returning_job& j : jobs) {
    while (!j.home.load(std::memory_order_acquire)) {
    }
  }
  state.SetItemsProcessed(posted);
}

BENCHMARK(job_queue_push_pop);
BENCHMARK(inbox_post_and_take);
BENCHMARK(inbox_post_contended)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
