#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace rondo::model {

/// The threads of a program and, as thread 0, whoever sets it up and looks at what came of it.
inline constexpr int most_threads = 6;

/// How far somebody knows each thread's past: everything up to `at[t]` of thread t.
struct vector_clock {
  std::array<std::uint32_t, most_threads> at{};

  void join(const vector_clock& other) noexcept {
    for (int t = 0; t < most_threads; ++t) at[t] = std::max(at[t], other.at[t]);
  }
  bool covers(int thread, std::uint32_t time) const noexcept { return time <= at[thread]; }
};

}  // namespace rondo::model
