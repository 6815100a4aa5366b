// Cancels a set of programs at every point in time at which they can be met waiting (see
// support/cancel_points.hpp): sleeps, groups, scopes, timeouts.
#include <gtest/gtest.h>

#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/base/error.hpp>
#include <rondo/task/frame_pool.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/when_all.hpp>

#include "support/cancel_points.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::scope;
using rondo::task;
using rondo::when_all;
using rondo::with_scope;
using rondo::with_timeout;
using rondo::testing::expect_nothing_left;
using rondo::testing::fail_after;
using rondo::testing::guard;
using rondo::testing::outcome_of;
using rondo::testing::program;
using rondo::testing::value_after;

task<> sleeps() {
  const guard g;
  for (int i = 0; i < 3; ++i) co_await rondo::sleep_for(2ms);
}

task<> yields() {
  const guard g;
  for (int i = 0; i < 5; ++i) {
    co_await rondo::yield_now();
    co_await rondo::sleep_for(1ms);
  }
}

task<> groups() {
  const guard g;
  co_await when_all(sleeps(), when_all(yields(), value_after(3ms, 1)), rondo::sleep_for(4ms));
  std::vector<task<int>> work;
  for (int i = 0; i < 5; ++i) work.push_back(value_after(i * 1ms, i));
  co_await when_all(std::move(work));
}

task<> failing_groups() {
  const guard g;
  const std::string outcome =
      co_await outcome_of(when_all(sleeps(), fail_after(3ms, "one"), fail_after(3ms, "two")));
  co_await rondo::sleep_for(2ms);
}

task<> scopes() {
  const guard g;
  co_await with_scope([](scope& s) -> task<> {
    const guard in_the_body;
    s.spawn(sleeps());
    auto joined = s.spawn(value_after(5ms, 1));
    const auto dropped = s.spawn(yields());
    co_await rondo::sleep_for(1ms);
    co_await with_scope([](scope& inner) -> task<> {
      inner.spawn(sleeps());
      auto first = inner.spawn(value_after(2ms, 2));
      co_await first;
      inner.cancel();
    });
    co_await joined;
  });
}

task<> timeouts() {
  const guard g;
  for (int i = 1; i < 5; ++i) {
    const std::string outcome = co_await outcome_of(with_timeout(i * 1ms, value_after(3ms, i)));
    EXPECT_TRUE(outcome.empty() == (i > 3) || outcome == "cancelled") << outcome;
  }
  co_await with_timeout(19ms, with_timeout(18ms, groups()));
}

/// Swallows every cancel, yet ends in finite time, because no await waits any more.
task<> swallower() {
  const guard g;
  for (int i = 0; i < 8; ++i) {
    try {
      co_await rondo::sleep_for(1ms);
    } catch (const rondo::cancelled&) {
    }
  }
}

constexpr program programs[] = {
    {"sleeps", sleeps},       {"yields", yields},
    {"groups", groups},       {"failing groups", failing_groups},
    {"scopes", scopes},       {"timeouts", timeouts},
    {"swallower", swallower},
};

TEST(cancel_everywhere, leaves_nothing) {
  expect_nothing_left(programs, rondo::testing::cancelled_at);
}

TEST(cancel_everywhere, leaves_nothing_where_it_comes_last_in_its_instant) {
  expect_nothing_left(programs, rondo::testing::cancelled_late_at);
}

TEST(cancel_everywhere, leaves_nothing_by_a_deadline) {
  expect_nothing_left(programs, rondo::testing::limited_to);
}

TEST(cancel, of_a_hundred_thousand_sleepers_ends_them_all) {
  const auto main = []() -> task<> {
    co_await with_scope([](scope& s) -> task<> {
      for (int i = 0; i < 100'000; ++i) s.spawn(value_after(1h, i));
      co_await rondo::sleep_for(1s);
      EXPECT_EQ(s.size(), 100'001);
      s.cancel();
    });
  };
  rondo::testing::run_simulated(main());
}

}  // namespace
