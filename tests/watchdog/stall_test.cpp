// A loop that is stuck is reported while it is stuck, once, with all that is known of it; and one
// that is not, is not.
#include <rondo/watchdog/stall.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/loop/loop.hpp>

#include "support/stalls.hpp"

namespace rondo::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

loop_options watched() {
  loop_options options;
  options.stall_limit = 5ms;
  options.recorded_as = "tested";
  return options;
}

/// What a test is stuck in: computes until the watchdog has told of it.
[[gnu::noinline]] int spin_until_reported(stalls_seen& seen, std::size_t which) {
  const int here = __LINE__ + 2;
  while (seen.count() <= which) {
    std::this_thread::yield();
  }
  return here;
}

TEST(stall, callback_that_spins_is_reported_while_it_does) {
  stalls_seen seen;
  loop l(watched());
  const int made = __LINE__ + 1;
  l.set_timeout(1ms, [&] { spin_until_reported(seen, 0); });
  l.run();
  const stall s = seen.at(0);
  EXPECT_FALSE(s.is_over);
  EXPECT_EQ(s.loop, "tested");
  EXPECT_GE(s.lasted, s.limit);
  EXPECT_EQ(s.limit, duration(5ms));
  EXPECT_EQ(s.doing, stall::activity::running);
  EXPECT_EQ(s.phase, probe::turn_phase::timers);
  EXPECT_EQ(s.handle, "timeout");
  EXPECT_EQ(s.handle_born.line(), made);
  EXPECT_FALSE(s.in_task);
  seen.wait_for(2);
  EXPECT_TRUE(seen.at(1).is_over);
  EXPECT_EQ(seen.at(1).number, s.number);
  EXPECT_GE(seen.at(1).lasted, s.lasted);
}

[[gnu::noinline]] task<> innermost(stalls_seen& seen) {
  spin_until_reported(seen, 0);
  co_return;
}
[[gnu::noinline]] task<> middle(stalls_seen& seen) {
  co_await sleep_for(1ms);
  co_await innermost(seen);
}
task<> outermost(stalls_seen& seen) {
  co_await middle(seen);
}

TEST(stall, task_that_spins_is_reported_with_its_coroutines) {
  stalls_seen seen;
  run(outermost(seen), watched());
  const stall s = seen.at(0);
  EXPECT_TRUE(s.in_task);
  EXPECT_EQ(s.task, "main");
  ASSERT_GE(s.awaited_at.size(), 2U);
  EXPECT_THAT(s.awaited_at[0].function_name(), HasSubstr("middle"));
  EXPECT_THAT(s.awaited_at[1].function_name(), HasSubstr("outermost"));
}

}  // namespace
}  // namespace rondo::testing
