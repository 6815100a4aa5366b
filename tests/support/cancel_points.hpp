#pragma once

#include <gtest/gtest.h>

#include <span>
#include <string>

#include <rondo/async/timeout.hpp>
#include <rondo/task/frame_pool.hpp>
#include <rondo/task/scope.hpp>

#include "support/tasks.hpp"

/// Cancels programs at every point in time at which they can be met waiting, one after the other,
/// and with a deadline at each; then counts what is left. The programs run on a simulated clock,
/// and every wait of theirs ends at a whole millisecond, so that a cancel at each half and each
/// whole millisecond meets each await, both before and in the instant of its end.
namespace rondo::testing {

/// Counts the objects that live in coroutine frames: what is destroyed is counted, not assumed.
class guard {
 public:
  guard() noexcept { ++alive; }
  guard(const guard&) = delete;
  ~guard() { --alive; }
  static inline int alive = 0;
};

struct program {
  const char* name;
  task<> (*make)();
  /// How long it may go on when it has been cancelled: with what it shields.
  duration grace{};
};

/// How long the program takes when it is left alone, in half milliseconds.
inline long length_of(const program& p) {
  long ended = 0;
  const auto main = [](const program& p, long& ended) -> task<> {
    co_await p.make();
    ended = co_await now_ms();
  };
  run_simulated(main(p, ended));
  return 2 * ended;
}

inline task<> cancelled_at(const program& p, duration when) {
  co_await with_scope([&](scope& s) -> task<> {
    auto running = s.spawn(p.make());
    co_await sleep_for(when);
    s.cancel();
  });
}

/// Reaches the instants at which the timers of the program go off before the one that cancels.
inline task<> cancelled_late_at(const program& p, duration when) {
  co_await with_scope([&](scope& s) -> task<> {
    auto running = s.spawn(p.make());
    co_await sleep_for(when / 2);
    co_await sleep_for(when - when / 2);
    s.cancel();
  });
}

inline task<> limited_to(const program& p, duration when) {
  const std::string outcome = co_await outcome_of(with_timeout(when, p.make()));
  EXPECT_TRUE(outcome.empty() || outcome.starts_with("with_timeout: ")) << outcome;
}

inline void expect_nothing_left(std::span<const program> programs,
                                task<> (*end)(const program&, duration)) {
  for (const program& p : programs) {
    const long length = length_of(p);
    EXPECT_GT(length, 4);
    for (long half = 0; half <= length + 1; ++half) {
      SCOPED_TRACE(std::string(p.name) + " at " + std::to_string(half) + " half milliseconds");
      const long frames = frame_pool::live_blocks();
      simulated_clock time;
      loop_options options;
      options.time = &time;
      loop l(std::move(options));
      run(l, end(p, half * 500us));
      EXPECT_EQ(guard::alive, 0);
      EXPECT_EQ(frame_pool::live_blocks(), frames);
      EXPECT_FALSE(l.is_alive());  // no timer, no job
      EXPECT_LE(time.now(), instant() + duration(half * 500us) + p.grace)
          << "it waited though cancelled";
    }
  }
}

}  // namespace rondo::testing
