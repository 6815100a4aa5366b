#pragma once

#include <barrier>
#include <thread>
#include <vector>

#include <rondo/async/timeout.hpp>

#include "support/tasks.hpp"

namespace rondo::testing {

/// Runs `main(i)`, a task, in each of `count` threads at once, on a loop of its own, which is held:
/// it waits for what comes from the other threads. A test that hangs is ended, loudly.
template <class F>
void run_in_threads(int count, F main) {
  std::barrier<> everybody(count);
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      loop here;
      const handle_id held = here.hold();
      everybody.arrive_and_wait();
      run(here, as_task(with_timeout(100s, main(i))));
      here.clear(held);
      everybody.arrive_and_wait();  // somebody may still be posting here
    });
  }
  for (std::thread& each : threads) each.join();
}

}  // namespace rondo::testing
