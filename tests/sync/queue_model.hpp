#pragma once

#include <gtest/gtest.h>

#include <deque>

namespace rondo::testing {

/// What a fair lock must do, in the plainest form: a number of units, handed out in the order of
/// asking. A mutex is one unit; a shared mutex has as many as there can be readers, and a writer
/// asks for all of them. It is told what happened and fails the test where that may not be.
class queue_model {
 public:
  explicit queue_model(int units) noexcept : available_(units) {}

  void asks(int id, int units) { waiting_.push_back({id, units}); }

  /// Those before `id` have been passed: allowed only where they have been cancelled already,
  /// though they have not run since, and so could not say so yet.
  void gets(int id) {
    for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
      if (at->id != id) {
        at->passed = true;
        continue;
      }
      EXPECT_FALSE(at->passed) << id << " was passed by another, and got it all the same";
      available_ -= at->units;
      EXPECT_GE(available_, 0) << id << " got more than there was";
      waiting_.erase(at);
      ++grants;
      return;
    }
    ADD_FAILURE() << id << " got what it had not asked for";
  }

  void gives_up(int id) {
    for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
      if (at->id != id) continue;
      waiting_.erase(at);
      ++cancels;
      return;
    }
    ADD_FAILURE() << id << " was both served and cancelled";
  }

  void gives_back(int units) { available_ += units; }

  /// While nobody is about to run: the first in line waits only where he has to.
  void expect_settled() {
    if (waiting_.empty()) return;
    EXPECT_FALSE(waiting_.front().passed);
    EXPECT_GT(waiting_.front().units, available_) << "nobody is served, though there is enough";
  }

  int available() const noexcept { return available_; }
  bool has_waiting() const noexcept { return !waiting_.empty(); }

  int grants = 0;
  int cancels = 0;

 private:
  struct request {
    int id;
    int units;
    bool passed = false;
  };
  std::deque<request> waiting_;
  int available_;
};

}  // namespace rondo::testing
