#pragma once
// Jobs whose every touch is checked, and what the tests of the queues say of an exploration.

#include <array>
#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>

#include <rondo/base/job.hpp>

#include "runtime/model/memory.hpp"
#include "support/seed.hpp"

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
report expect_no_failure(const char* name, const options& how) {
  report done = explore<Program>(how);
  std::printf("%-44s %9llu executions, %8llu redundant, %10llu steps%s\n", name,
              static_cast<unsigned long long>(done.executions),
              static_cast<unsigned long long>(done.redundant),
              static_cast<unsigned long long>(done.steps),
              done.complete   ? ""
              : how.lots != 0 ? ", by lot"
                              : ", and more");
  EXPECT_EQ(done.failure, "") << name;
  return done;
}

template <class Program>
void expect_sound(const char* name) {
  EXPECT_TRUE(expect_no_failure<Program>(name, {}).complete) << name;
}

/// The same of a program with more executions than a test should try: 10,000 of them, drawn by lot.
/// RONDO_MODEL_ALL=1 goes through them in order, and ends after five million; this takes minutes.
template <class Program>
void expect_sound_by_lot(const char* name) {
  options how;
  if (std::getenv("RONDO_MODEL_ALL") != nullptr) {
    how.most_executions = 5'000'000;
  } else {
    how.most_executions = 10'000;
    how.lots = testing::seed() | 1U;
  }
  expect_no_failure<Program>(name, how);
}

}  // namespace rondo::model
