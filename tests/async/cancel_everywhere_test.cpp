// Cancels a set of programs at every point in time at which they can be met waiting, one after the
// other, and with a deadline at each; then counts what is left. The programs run on a simulated
// clock, and every wait of theirs ends at a whole millisecond, so that a cancel at each half and
// each whole millisecond meets each await, both before and in the instant of its end.
#include <gtest/gtest.h>

#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/base/error.hpp>
#include <rondo/task/frame_pool.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/when_all.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::duration;
using rondo::scope;
using rondo::task;
using rondo::when_all;
using rondo::with_scope;
using rondo::with_timeout;
using rondo::testing::fail_after;
using rondo::testing::outcome_of;
using rondo::testing::value_after;

/// Counts the objects that live in coroutine frames: what is destroyed is counted, not assumed.
class guard {
 public:
  guard() noexcept { ++alive; }
  guard(const guard&) = delete;
  ~guard() { --alive; }
  static inline int alive = 0;
};

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

struct program {
  const char* name;
  task<> (*make)();
};
constexpr program programs[] = {
    {"sleeps", sleeps},       {"yields", yields},
    {"groups", groups},       {"failing groups", failing_groups},
    {"scopes", scopes},       {"timeouts", timeouts},
    {"swallower", swallower},
};

/// How long the program takes when it is left alone, in half milliseconds.
long length_of(const program& p) {
  long ended = 0;
  const auto main = [](const program& p, long& ended) -> task<> {
    co_await p.make();
    ended = co_await rondo::testing::now_ms();
  };
  rondo::testing::run_simulated(main(p, ended));
  return 2 * ended;
}

task<> cancelled_at(const program& p, duration when) {
  co_await with_scope([&](scope& s) -> task<> {
    auto running = s.spawn(p.make());
    co_await rondo::sleep_for(when);
    s.cancel();
  });
}

// Reaches the instants at which the timers of the program go off before the one that cancels.
task<> cancelled_late_at(const program& p, duration when) {
  co_await with_scope([&](scope& s) -> task<> {
    auto running = s.spawn(p.make());
    co_await rondo::sleep_for(when / 2);
    co_await rondo::sleep_for(when - when / 2);
    s.cancel();
  });
}

task<> limited_to(const program& p, duration when) {
  const std::string outcome = co_await outcome_of(with_timeout(when, p.make()));
  EXPECT_TRUE(outcome.empty() || outcome.starts_with("with_timeout: ")) << outcome;
}

void expect_nothing_left(task<> (*end)(const program&, duration)) {
  for (const program& p : programs) {
    const long length = length_of(p);
    EXPECT_GT(length, 4);
    for (long half = 0; half <= length + 1; ++half) {
      SCOPED_TRACE(std::string(p.name) + " at " + std::to_string(half) + " half milliseconds");
      const long frames = rondo::frame_pool::live_blocks();
      rondo::simulated_clock time;
      rondo::loop_options options;
      options.time = &time;
      rondo::loop l(std::move(options));
      rondo::run(l, end(p, half * 500us));
      EXPECT_EQ(guard::alive, 0);
      EXPECT_EQ(rondo::frame_pool::live_blocks(), frames);
      EXPECT_FALSE(l.is_alive());  // no timer, no job
      EXPECT_LE(time.now(), rondo::instant() + half * 500us) << "it waited though cancelled";
    }
  }
}

TEST(cancel_everywhere, leaves_nothing) {
  expect_nothing_left(cancelled_at);
}

TEST(cancel_everywhere, leaves_nothing_where_it_comes_last_in_its_instant) {
  expect_nothing_left(cancelled_late_at);
}

TEST(cancel_everywhere, leaves_nothing_by_a_deadline) {
  expect_nothing_left(limited_to);
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
