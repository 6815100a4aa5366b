// Rondo's micro rows of programs: /bin/true started and waited for, one at a time, and a hundred at
// once.
#pragma once

#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/process/process.hpp>
#include <rondo/task/when_all.hpp>

#include "../common/bench.h"

namespace processes {

inline rondo::task<> one(const rondo::process_options& how) {
  rondo::process p = co_await rondo::process::start(how);
  co_await p.wait();
}

inline rondo::task<> at_once(long n, long group) {
  const rondo::process_options how("/bin/true");
  for (long i = 0; i < n / group; ++i) {
    std::vector<rondo::task<>> all;
    for (long k = 0; k < group; ++k) all.push_back(one(how));
    co_await rondo::when_all(std::move(all));
  }
}

inline void measure(const char* row, long n, long group) {
  bench_watch watch{};
  bench_start(&watch);
  rondo::run(at_once(n, group));
  bench_stop(&watch);
  bench_report(row, watch, n / group * group);
}

}  // namespace processes
