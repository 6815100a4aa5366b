// Rondo's micro rows of work on another thread: to and fro one at a time, and a thousand at once.
#pragma once

#include <vector>

#include <rondo/async/offload.hpp>
#include <rondo/async/run.hpp>
#include <rondo/task/when_all.hpp>

#include "../common/bench.h"

namespace offloading {

inline rondo::task<> one_by_one(long n) {
  for (long i = 0; i < n; ++i) co_await rondo::offload([] {});
}

inline rondo::task<> empty() {
  co_await rondo::offload([] {});
}

inline rondo::task<> a_thousand_at_once(long n) {
  for (long i = 0; i < n / 1000; ++i) {
    std::vector<rondo::task<>> all;
    all.reserve(1000);
    for (int k = 0; k < 1000; ++k) all.push_back(empty());
    co_await rondo::when_all(std::move(all));
  }
}

inline void measure(const char* row, rondo::task<> work, long n) {
  rondo::run(one_by_one(10));  // the code is warm; the loop and its threads are new
  rondo::loop loop;
  bench_watch watch{};
  bench_start(&watch);
  rondo::run(loop, std::move(work));
  bench_stop(&watch);
  bench_report(row, watch, n);
}

}  // namespace offloading
