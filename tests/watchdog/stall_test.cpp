// A loop that is stuck is told of while it is stuck, once, with all that is known of it. What is
// stuck in here waits for just that, so each of these tests would hang without its report.
#include <rondo/watchdog/stall.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/task/spawn.hpp>

#include "support/stalls.hpp"

namespace rondo::testing {
namespace {

using namespace std::chrono_literals;
using probe::turn_phase;
using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(stall, of_a_callback_says_which_and_where_it_was_made) {
  if (signals_are_late) GTEST_SKIP() << "ThreadSanitizer holds signals back";
  const stalls_seen seen;
  loop l(with_short_limit());
  const unsigned made = __LINE__ + 1;
  l.set_timeout(1ms, [&] { spin_until_told(seen, 1); });
  l.run();
  const stall s = seen.begun(0);
  EXPECT_FALSE(s.is_over);
  EXPECT_EQ(s.loop, "tested");
  EXPECT_GE(s.lasted, s.limit);
  EXPECT_EQ(s.limit, short_limit());
  EXPECT_EQ(s.phase, turn_phase::timers);
  EXPECT_EQ(s.handle, "timeout");
  EXPECT_EQ(s.handle_born.line(), made);
  EXPECT_THAT(s.handle_born.file_name(), EndsWith("stall_test.cpp"));
  EXPECT_FALSE(s.in_task);
}

TEST(stall, is_told_of_again_when_it_is_over) {
  const stalls_seen seen;
  loop l(with_short_limit());
  l.set_timeout(1ms, [&] { spin_until_told(seen, 1); });
  l.set_timeout(2ms, [&] { EXPECT_TRUE(seen.ended(0).is_over); });
  l.run();
  EXPECT_EQ(seen.ended(0).number, seen.begun(0).number);
  EXPECT_GE(seen.ended(0).lasted, seen.begun(0).lasted);
}

TEST(stall, comes_once_for_each_call) {
  const stalls_seen seen;
  loop l(with_short_limit());
  std::size_t calls = 0;
  handle_id every;
  every = l.set_interval(1ms, [&] {
    spin_until_told(seen, ++calls);
    if (calls == 3) l.clear(every);
  });
  l.run();
  EXPECT_EQ(seen.count(), 3U);
  EXPECT_EQ(seen.begun(0).number + 1, seen.begun(1).number);
  EXPECT_EQ(seen.begun(1).handle, "interval");
}

TEST(stall, names_the_phase) {
  if (signals_are_late) GTEST_SKIP() << "ThreadSanitizer holds signals back";
  const stalls_seen seen;
  loop l(with_short_limit());
  std::size_t told = 0;
  const auto spins = [&] { spin_until_told(seen, ++told); };
  const auto expect = [&](turn_phase phase, const char* handle = "") {
    EXPECT_EQ(seen.begun(told - 1).phase, phase);
    EXPECT_EQ(seen.begun(told - 1).handle, handle);
  };
  l.next_tick(spins);
  l.run();
  expect(turn_phase::next_ticks);
  l.queue_microtask(spins);
  l.run();
  expect(turn_phase::microtasks);
  l.call_soon(spins);
  l.run();
  expect(turn_phase::pending);
  l.set_immediate(spins);
  l.run();
  expect(turn_phase::check, "immediate");
  l.post(spins);
  l.run();
  expect(turn_phase::poll);
  l.call_on_close(spins);
  l.run();
  expect(turn_phase::close);
  // After the ticks of a callback its phase goes on.
  l.set_immediate([&] { l.next_tick([] {}); });
  l.set_immediate(spins);
  l.run();
  expect(turn_phase::check, "immediate");
}

TEST(stall, names_the_function_and_its_line) {
  const stalls_seen seen;
  loop l(with_short_limit());
  l.set_timeout(1ms, [&] { spin_until_told(seen, 1); });
  l.run();
  const stall s = seen.begun(0);
  ASSERT_FALSE(s.stack.empty()) << s.why_no_stack;
  const native_frame* found = nullptr;
  for (const native_frame& each : s.stack) {
    if (each.function.find("spin_until_told") != std::string::npos) found = &each;
    EXPECT_THAT(each.function, ::testing::Not(HasSubstr("rondo::loop::run"))) << to_string(s);
  }
  ASSERT_NE(found, nullptr) << to_string(s);
  EXPECT_THAT(found->file, EndsWith("stalls.hpp"));
  EXPECT_GT(found->line, 0);
}

TEST(stall, by_a_system_call_is_called_blocked) {
  const stalls_seen seen;
  int ends[2] = {-1, -1};
  ASSERT_EQ(pipe(ends), 0);
  std::thread releases([&] {
    seen.wait_for(1);
    EXPECT_EQ(write(ends[1], "x", 1), 1);
  });
  loop l(with_short_limit());
  l.set_timeout(1ms, [&] {
    char c = 0;
    EXPECT_EQ(read(ends[0], &c, 1), 1);  // goes on where the watchdog has interrupted it
  });
  l.run();
  releases.join();
  EXPECT_EQ(seen.begun(0).doing, stall::activity::blocked);
  EXPECT_THAT(to_string(seen.begun(0)), HasSubstr("blocked in a system call"));
  close(ends[0]);
  close(ends[1]);
}

TEST(stall, by_many_short_sleeps_is_one) {
  const stalls_seen seen;
  loop l(with_short_limit());
  l.set_timeout(1ms, [&] {
    while (seen.count() == 0) std::this_thread::sleep_for(1ms);
  });
  l.run();
  EXPECT_EQ(seen.count(), 1U);
}

// Tasks -------------------------------------------------------------------------------------------

[[gnu::noinline]] task<int> computes(const stalls_seen& seen) {
  spin_until_told(seen, 1);
  co_return 1;
}
constexpr unsigned line_of_await = __LINE__ + 3;
[[gnu::noinline]] task<int> has_slept(const stalls_seen& seen) {
  co_await sleep_for(1ms);
  const int found = co_await computes(seen);
  co_return found + 1;
}
task<> outermost(const stalls_seen& seen) {
  EXPECT_EQ(co_await has_slept(seen), 2);
}

TEST(stall, of_a_task_says_who_awaits_whom) {
  if (signals_are_late) GTEST_SKIP() << "ThreadSanitizer holds signals back";
  const stalls_seen seen;
  run(outermost(seen), with_short_limit());
  const stall s = seen.begun(0);
  EXPECT_TRUE(s.in_task);
  EXPECT_EQ(s.task, "main");
  ASSERT_GE(s.awaited_at.size(), 2U) << to_string(s);
  EXPECT_THAT(s.awaited_at[0].function_name(), HasSubstr("has_slept"));
  EXPECT_EQ(s.awaited_at[0].line(), line_of_await);
  EXPECT_THAT(s.awaited_at[1].function_name(), HasSubstr("outermost"));
  EXPECT_THAT(to_string(s),
              HasSubstr("#1 awaited at stall_test.cpp:" + std::to_string(line_of_await)));
}

TEST(stall, of_a_spawned_task_says_its_name_and_where_it_was_spawned) {
  if (signals_are_late) GTEST_SKIP() << "ThreadSanitizer holds signals back";
  const stalls_seen seen;
  unsigned spawned = 0;
  const auto spins = [&]() -> task<> {
    spin_until_told(seen, 1);
    co_return;
  };
  const auto body = [&](scope& s) -> task<> {
    spawned = __LINE__ + 1;
    s.spawn("digger", spins());
    co_return;
  };
  const auto main = [&]() -> task<> { co_await with_scope(body); };
  run(main(), with_short_limit());
  const stall s = seen.begun(0);
  EXPECT_EQ(s.task, "digger");
  EXPECT_EQ(s.task_born.line(), spawned);
  EXPECT_THAT(to_string(s), HasSubstr("task \"digger\", spawned at stall_test.cpp:"));
}

TEST(stall, of_a_callback_names_no_task_that_ran_before_it) {
  const stalls_seen seen;
  const auto main = [&]() -> task<> {
    loop& l = co_await this_loop();
    l.set_timeout(1ms, [&] { spin_until_told(seen, 1); });
    co_await sleep_for(5ms);
  };
  run(main(), with_short_limit());
  EXPECT_FALSE(seen.begun(0).in_task);
}

TEST(stall, of_a_worker_does_not_stop_the_others) {
  const stalls_seen seen;
  std::atomic<int> rounds{0};
  std::atomic<bool> stuck{false};
  const auto goes_on = [&]() -> task<> {
    while (rounds.load() < 3 || seen.count() == 0) {
      co_await sleep_for(1ms);
      if (seen.count() > 0 && stuck.load()) rounds.fetch_add(1);
    }
  };
  const auto spins = [&]() -> task<> {
    stuck = true;
    while (rounds.load() < 3) std::this_thread::yield();  // others, after the report
    stuck = false;
    co_return;
  };
  const auto main = [&]() -> task<> {
    auto other = co_await spawn(goes_on());
    auto digger = co_await spawn("digger", spins());
    co_await std::move(digger);
    co_await std::move(other);
  };
  runtime_options options = multi_thread(2);
  options.stall_limit = short_limit();
  run(main(), options);
  EXPECT_GE(seen.count(), 1U);
  if (!signals_are_late) EXPECT_EQ(seen.begun(0).task, "digger");
}

}  // namespace
}  // namespace rondo::testing
