// Rondo's micro rows of tasks: awaiting, spawning, yielding, cancelling, on one loop.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/when_all.hpp>

#include "../common/bench.h"

namespace tasks {

using rondo::scope;
using rondo::task;

inline long counted;

[[gnu::noinline]] inline task<long> child(long value) {
  co_return value;
}

inline task<> await_children(long n) {
  for (long i = 0; i < n; ++i) counted += co_await child(i);
}

inline task<> spawn_and_join(long n) {
  co_await rondo::with_scope([n](scope& s) -> task<> {
    for (long i = 0; i < n; ++i) counted += co_await s.spawn(child(i));
  });
}

inline task<> yielding(long times) {
  for (long i = 0; i < times; ++i) co_await rondo::yield_now();
}

inline task<> yield_in_turn(long n) {
  std::vector<task<>> all;
  for (int i = 0; i < 100; ++i) all.push_back(yielding(n / 100));
  co_await rondo::when_all(std::move(all));
}

inline task<> when_all_of_a_thousand(long n) {
  for (long i = 0; i < n / 1000; ++i) {
    std::vector<task<long>> children;
    children.reserve(1000);
    for (long k = 0; k < 1000; ++k) children.push_back(child(k));
    const std::vector<long> results = co_await rondo::when_all(std::move(children));
    counted += results.back();
  }
}

inline task<> lock_and_yield(rondo::mutex& shared, long times) {
  for (long i = 0; i < times; ++i) {
    const rondo::mutex::guard held = co_await shared.lock();
    ++counted;
    co_await rondo::yield_now();
  }
}

/// 100 tasks hand one mutex over and hold it across a yield, so that every lock is contended.
inline task<> hand_over_a_mutex(long n) {
  rondo::mutex shared;
  std::vector<task<>> all;
  for (int i = 0; i < 100; ++i) all.push_back(lock_and_yield(shared, n / 100));
  co_await rondo::when_all(std::move(all));
}

inline task<> wait_for_ever() {
  co_await rondo::sleep_for(rondo::duration::seconds(3600));
}

/// 100,000 tasks wait at a time. On the watch: the cancel, until all have ended.
inline task<> cancel_waiting(long n, bench_watch& watch) {
  for (long round = 0; round < n / 100'000; ++round) {
    co_await rondo::with_scope([&watch](scope& s) -> task<> {
      for (int i = 0; i < 100'000; ++i) s.spawn(wait_for_ever());
      co_await rondo::yield_now();
      bench_start(&watch);
      s.cancel();
    });
    bench_stop(&watch);
  }
}

/// False where the row is none of these.
inline bool measure(std::string_view row, const char* name, long n) {
  bench_watch watch{};
  task<> work;
  if (row == "task_await") {
    work = await_children(n);
  } else if (row == "spawn_join") {
    work = spawn_and_join(n);
  } else if (row == "yield") {
    work = yield_in_turn(n);
  } else if (row == "mutex") {
    work = hand_over_a_mutex(n);
  } else if (row == "when_all") {
    work = when_all_of_a_thousand(n);
  } else if (row == "cancel") {
    rondo::run(cancel_waiting(n, watch));
    bench_report(name, watch, n);
    return true;
  } else {
    return false;
  }
  rondo::loop loop;
  bench_start(&watch);
  rondo::run(loop, std::move(work));
  bench_stop(&watch);
  bench_report(name, watch, n);
  return true;
}

}  // namespace tasks
