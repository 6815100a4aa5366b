// What the pieces of every loop turn cost by themselves: the queue of jobs, the inbox, the timer
// heap. A change to one of them is judged here before it is judged in a server.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <deque>
#include <random>
#include <vector>

#include <rondo/base/inbox.hpp>
#include <rondo/base/job.hpp>
#include <rondo/base/time.hpp>
#include <rondo/base/timer_heap.hpp>

namespace {

void job_queue_push_pop(benchmark::State& state) {
  rondo::job_queue queue;
  rondo::job job;
  for (auto _ : state) {
    queue.push(job);
    benchmark::ClobberMemory();  // otherwise the compiler sees through both
    benchmark::DoNotOptimize(queue.pop());
  }
}
BENCHMARK(job_queue_push_pop);

// As after a burst of posts: many pushes, one take.
void inbox_batch(benchmark::State& state) {
  std::vector<rondo::job> jobs(static_cast<std::size_t>(state.range(0)));
  rondo::inbox inbox;
  for (auto _ : state) {
    for (rondo::job& each : jobs) inbox.push(each);
    rondo::job_queue taken;
    inbox.take_into(taken);
    benchmark::DoNotOptimize(taken.pop());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(inbox_batch)->Arg(1)->Arg(64);

// The life of most timers: armed among many others, disarmed before they are due.
void timer_arm_disarm(benchmark::State& state) {
  std::mt19937 random(1);
  rondo::timer_heap heap;
  std::deque<rondo::timer> pending(static_cast<std::size_t>(state.range(0)));
  const auto some_time = [&random] {
    return rondo::instant::from_ns(static_cast<std::int64_t>(random()));
  };
  for (rondo::timer& each : pending) heap.arm(each, some_time());
  rondo::timer timer;
  for (auto _ : state) {
    heap.arm(timer, some_time());
    heap.disarm(timer);
  }
  for (rondo::timer& each : pending) heap.disarm(each);
}
BENCHMARK(timer_arm_disarm)->Arg(0)->Arg(1'000)->Arg(1'000'000);

}  // namespace
