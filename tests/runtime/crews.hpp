#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <rondo/io/candidates.hpp>
#include <rondo/runtime/runtime.hpp>

namespace rondo::testing {

/// A runtime to run a test on.
struct crew_setting {
  io::backend_kind backend;
  int workers;
};

inline std::string crew_name(const ::testing::TestParamInfo<crew_setting>& of) {
  return std::string(io::to_string(of.param.backend)) + "_" + std::to_string(of.param.workers);
}

/// Every backend that this machine grants, with so many workers.
inline std::vector<crew_setting> crews_of(std::vector<int> workers) {
  std::vector<crew_setting> all;
  for (const io::candidate& one : io::candidates()) {
    if (!one.granted) continue;
    for (const int n : workers) all.push_back({one.kind, n});
  }
  return all;
}

class crew_test : public ::testing::TestWithParam<crew_setting> {
 protected:
  template <class T>
  static auto run_here(task<T> main) {
    runtime_options options = multi_thread(GetParam().workers);
    options.backend = GetParam().backend;
    return run(std::move(main), options);
  }
};

/// The worker that runs the caller.
inline task<int> this_worker() {
  const runtime* const crew = co_await this_runtime();
  co_return crew->this_worker();
}

}  // namespace rondo::testing
