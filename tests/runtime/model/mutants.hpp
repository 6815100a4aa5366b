#pragma once
// Is every memory order that a header names as strong as it has to be, and no stronger? That none
// is too weak the programs show, which hold. That none is too strong, and that the programs would
// notice if one were weaker, is shown here: each order is weakened, one at a time, and then some
// program must break.

#include <algorithm>
#include <functional>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/model/checker.hpp"

namespace rondo::model {

inline std::vector<std::memory_order> weaker_than(std::memory_order order) {
  switch (order) {
    case std::memory_order_seq_cst:
      return {std::memory_order_acq_rel};
    case std::memory_order_acq_rel:
      return {std::memory_order_acquire, std::memory_order_release};
    case std::memory_order_relaxed:
      return {};
    default:
      return {std::memory_order_relaxed};
  }
}

/// Of the orders named in the header `file` (the end of its path); answers how many it weakened.
template <class... Programs>
int expect_each_order_is_needed(std::string_view file) {
  using exploration = report (*)(const options&);
  const std::vector<exploration> programs{&explore<Programs>...};
  std::vector<site> named;
  for (const exploration run : programs) {
    for (const site& s : run({}).sites) {
      if (s.file.ends_with(file) && std::ranges::find(named, s) == named.end()) named.push_back(s);
    }
  }
  int mutants = 0;
  for (const site& s : named) {
    for (const std::memory_order order : weaker_than(s.order)) {
      ++mutants;
      options weakened;
      weakened.mutated = {s, order};
      const bool noticed = std::ranges::any_of(
          programs, [&](exploration run) { return !run(weakened).failure.empty(); });
      EXPECT_TRUE(noticed) << s.file << ":" << s.line << ":" << s.column << " can be weaker ("
                           << static_cast<int>(s.order) << " to " << static_cast<int>(order) << ")"
                           << (s.on_failure ? " on failure" : "");
    }
  }
  return mutants;
}

}  // namespace rondo::model
