// Deadlines nest and only shrink: a request's deadline reaches all that is done for it, and code
// far below can ask how much time is left.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/base/error.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/task/this_task.hpp>

using namespace std::chrono_literals;

rondo::task<double> seconds_left() {
  rondo::task_context& here = co_await rondo::this_task();
  co_return (here.scope().deadline() - here.runs_on().now()).count_seconds();
}

rondo::task<> query() {
  const double left = co_await rondo::with_timeout(30s, seconds_left());
  std::printf("the query has %.0f s, though it asked for 30\n", left);
  co_await rondo::sleep_for(1h);
}

rondo::task<> amain() {
  try {
    co_await rondo::with_timeout(5s, query());
  } catch (const rondo::error& e) {
    std::printf("%s\n", e.what());
  }
  // Where being late is no failure:
  const bool in_time = co_await rondo::within(1s, rondo::sleep_for(1min));
  std::printf("in time: %s\n", in_time ? "yes" : "no");
}

int main() {
  rondo::simulated_clock clock;  // so that nobody has to wait for this example
  rondo::loop_options options;
  options.time = &clock;
  return rondo::run(amain(), std::move(options));
}
