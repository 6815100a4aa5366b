// Rondo's micro rows: timers, microtasks, promises and posts on the loop by itself, and tasks on
// top of it.
#include <string_view>
#include <thread>
#include <vector>

#include <rondo/async/promise.hpp>
#include <rondo/loop/loop.hpp>

#include "../common/bench.h"
#include "channels.hpp"
#include "offload.hpp"
#include "processes.hpp"
#include "tasks.hpp"

static long counted;

static void timer_cancel(const char* row, long n) {
  rondo::loop loop;
  std::vector<rondo::handle_id> timers(static_cast<std::size_t>(n));
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    const auto delay =
        rondo::duration::milliseconds(1000 + bench_spread(static_cast<uint32_t>(i), 60000));
    timers[static_cast<std::size_t>(i)] = loop.set_timeout(delay, [] { ++counted; });
  }
  for (const rondo::handle_id each : timers) loop.clear(each);
  bench_stop(&watch);
  bench_report(row, watch, n);
}

static void timer_fire(const char* row, long n) {
  rondo::loop loop;
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    const auto delay = rondo::duration::milliseconds(bench_spread(static_cast<uint32_t>(i), 1000));
    loop.set_timeout(delay, [] { ++counted; });
  }
  bench_stop(&watch);
  bench_wait_until(bench_clock(CLOCK_MONOTONIC) + 1010000000);
  bench_start(&watch);
  loop.run();
  bench_stop(&watch);
  if (counted == n) bench_report(row, watch, n);
}

static void timer_churn(const char* row, long n) {
  constexpr std::size_t few = 64;
  rondo::loop loop;
  std::vector<rondo::handle_id> timers;
  for (std::size_t i = 0; i < few; ++i) {
    timers.push_back(loop.set_timeout(rondo::duration::seconds(10), [] { ++counted; }));
  }
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    rondo::handle_id& each = timers[static_cast<std::size_t>(i) % few];
    loop.clear(each);
    each = loop.set_timeout(rondo::duration::milliseconds(10000 + (i & 1023)), [] { ++counted; });
  }
  bench_stop(&watch);
  bench_report(row, watch, n);
}

static void microtask(const char* row, long n) {
  rondo::loop loop;
  bench_watch watch{};
  bench_start(&watch);
  for (long batch = 0; batch < n / 1000; ++batch) {
    for (int i = 0; i < 1000; ++i) loop.queue_microtask([] { ++counted; });
    loop.run();
  }
  bench_stop(&watch);
  if (counted == n / 1000 * 1000) bench_report(row, watch, counted);
}

/// A thousand links at a time, until the last has run.
static void promise_chain(const char* row, long n) {
  rondo::loop loop;
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n / 1000; ++i) {
    auto chain = rondo::promise<long>::resolved(loop, 0);
    for (int link = 0; link < 1000; ++link) {
      chain = chain.then([](long value) { return value + 1; });
    }
    chain.then([](long value) { counted += value; });
    loop.run();
  }
  bench_stop(&watch);
  if (counted == n / 1000 * 1000) bench_report(row, watch, counted);
}

static void post(const char* row, long n, int threads) {
  rondo::loop loop;
  const long each = n / threads;
  const long all = each * threads;
  const rondo::handle_id held = loop.hold();
  bench_watch watch{};
  bench_start(&watch);
  std::vector<std::thread> producers;
  for (int t = 0; t < threads; ++t) {
    producers.emplace_back([&] {
      for (long i = 0; i < each; ++i) {
        loop.post([&] {
          if (++counted == all) loop.clear(held);
        });
      }
    });
  }
  loop.run();
  bench_stop(&watch);
  for (std::thread& producer : producers) producer.join();
  bench_report(row, watch, all);
}

int main(int argc, char** argv) {
  const bench_options options = bench_parse(argc, argv);
  const std::string_view row = options.row;
  const char* const name = options.row;
  const long n = options.n > 0 ? options.n : 1000000;
  if (row == "timer_cancel") {
    timer_cancel(name, n);
  } else if (row == "timer_fire") {
    timer_fire(name, n);
  } else if (row == "timer_churn") {
    timer_churn(name, n);
  } else if (row == "microtask") {
    microtask(name, n);
  } else if (row == "promise_chain") {
    promise_chain(name, n);
  } else if (row == "post_one") {
    post(name, n, 1);
  } else if (row == "post_many") {
    post(name, n, 4);
  } else if (row == "offload") {
    const long trips = options.n > 0 ? options.n : 100000;
    offloading::measure(name, offloading::one_by_one(trips), trips);
  } else if (row == "offload_many") {
    offloading::measure(name, offloading::a_thousand_at_once(n), n);
  } else if (row == "process_one") {
    processes::measure(name, options.n > 0 ? options.n : 2000, 1);
  } else if (row == "process_many") {
    processes::measure(name, options.n > 0 ? options.n : 2000, 100);
  } else if (!tasks::measure(row, name, n) && !channels::measure(row, name, n)) {
    return BENCH_EXIT_NO_SUCH_ROW;
  }
}
