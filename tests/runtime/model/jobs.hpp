#pragma once
// Jobs whose every touch is checked, and what the tests of the queues say of an exploration.

#include <array>
#include <cstdio>

#include <gtest/gtest.h>

#include <rondo/base/job.hpp>

#include "runtime/model/memory.hpp"

namespace rondo::model {

/// Must be run once, by one who sees what was written into it before it was queued.
struct checked_job : job {
  plain<int> payload{0};
  plain<int> runs{0};
};

template <std::size_t Count>
class checked_jobs {
 public:
  /// The next one, ready to be queued.
  job& prepare(std::size_t i) {
    jobs_[i].payload = 1;
    return jobs_[i];
  }

  static void run(job* j) {
    auto& checked = static_cast<checked_job&>(*j);
    require(checked.payload == 1, "a job is run before it was filled in");
    checked.runs = checked.runs + 1;
  }

  void require_each_ran_once() const {
    for (const checked_job& j : jobs_) require(j.runs == 1, "a job ran twice, or never");
  }
  bool all_ran() const {
    for (const checked_job& j : jobs_) {
      if (j.runs != 1) return false;
    }
    return true;
  }

 private:
  std::array<checked_job, Count> jobs_;
};

/// Explores a program that must hold, and prints how much that was.
template <class Program>
report expect_sound(const char* name, const options& how = {}) {
  report done = explore<Program>(how);
  std::printf("%-44s %9llu executions, %9llu redundant, %10llu steps\n", name,
              static_cast<unsigned long long>(done.executions),
              static_cast<unsigned long long>(done.redundant),
              static_cast<unsigned long long>(done.steps));
  EXPECT_EQ(done.failure, "") << name;
  EXPECT_TRUE(done.complete) << name;
  return done;
}

}  // namespace rondo::model
