// The figures of a program: as a struct, and as the text that Prometheus reads.
#include <chrono>
#include <cstdio>
#include <string>

#include <rondo/async/offload.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/observe/metrics.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/task/scope.hpp>

using namespace std::chrono_literals;

rondo::task<> visitor() {
  co_await rondo::sleep_for(2ms);
  co_await rondo::offload([] {});
}

rondo::task<> amain(rondo::observe::meter& figures) {
  co_await figures.attach();  // this loop, or all workers of the runtime
  const auto open_the_doors = [](rondo::scope& hall) -> rondo::task<> {
    for (int i = 0; i < 100; ++i) hall.spawn("visitor", visitor());
    co_return;
  };
  co_await rondo::with_scope(open_the_doors);

  const rondo::observe::metrics now = figures.read();
  const rondo::observe::task_metrics tasks = now.tasks();
  const bool all_went = tasks.spawned >= 100 && tasks.ended >= 100;
  std::printf("tasks: %s\n", all_went ? "all came and went" : "?");
  const rondo::observe::measured_loop& first = now.loops.front();
  std::printf("loop: %s\n", first.loop.utilization() > 0 ? "has worked" : "?");
  std::uint64_t jobs = 0;
  for (const rondo::pool_counts& each : now.pools) {
    jobs += each.of(rondo::work_kind::other).completed;
  }
  std::printf("jobs: %llu\n", static_cast<unsigned long long>(jobs));

  const std::string text = to_prometheus(now);
  const std::size_t at = text.find("# TYPE rondo_tasks_alive");
  std::printf("%s\n", text.substr(at, text.find('\n', at) - at).c_str());
}

int main() {
  rondo::observe::meter figures;
  rondo::run(amain(figures), rondo::multi_thread(2));
}
