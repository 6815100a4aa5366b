// Sleeping and yielding: never early, in the order of the due times, in no real time on a
// simulated clock.
#include <rondo/async/sleep.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/when_all.hpp>

#include "support/seed.hpp"
#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::instant;
using rondo::scope;
using rondo::task;
using rondo::when_all;
using rondo::with_scope;
using rondo::testing::lines;
using rondo::testing::now_ms;
using rondo::testing::run_simulated;
using rondo::testing::say_after;

TEST(sleep, wakes_in_the_order_of_due_times_and_then_of_falling_asleep) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    co_await when_all(say_after(2s, "c", log), say_after(1s, "a", log), say_after(1s, "b", log),
                      say_after(2s, "d", log));
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"a", "b", "c", "d"}));
}

TEST(sleep, of_hours_takes_no_real_time_on_a_simulated_clock_and_ends_when_it_says) {
  std::mt19937_64 random(rondo::testing::seed());
  std::vector<long> due(100);
  for (long& each : due) each = static_cast<long>(random() % 7'200'000);
  std::vector<long> woken;
  struct local {
    static task<> sleeper(long due_ms, std::vector<long>& woken) {
      co_await rondo::sleep_for(rondo::duration::milliseconds(due_ms));
      const long now = co_await now_ms();
      EXPECT_EQ(now, due_ms);
      woken.push_back(now);
    }
    static task<> main(const std::vector<long>& due, std::vector<long>& woken) {
      std::vector<task<>> all;
      for (const long each : due) all.push_back(sleeper(each, woken));
      co_await when_all(std::move(all));
    }
  };
  run_simulated(local::main(due, woken));
  std::ranges::sort(due);
  EXPECT_EQ(woken, due);
}

TEST(sleep, until_a_point_in_time_or_one_that_has_passed) {
  const auto main = []() -> task<> {
    rondo::loop& here = co_await rondo::this_loop();
    const instant start = here.now();
    co_await rondo::sleep_until(start + 3s);
    EXPECT_EQ(here.now(), start + 3s);
    co_await rondo::sleep_until(start + 1s);
    EXPECT_EQ(here.now(), start + 3s);
  };
  run_simulated(main());
}

TEST(sleep, of_no_time_lets_others_run) {
  lines log;
  struct local {
    static task<> three_times(std::string name, rondo::duration pause, lines& log) {
      for (int i = 0; i < 3; ++i) {
        log.push_back(name + std::to_string(i));
        co_await rondo::sleep_for(pause);
      }
    }
    static task<> main(lines& log) {
      co_await when_all(three_times("a", 0s, log), three_times("b", -1s, log));
    }
  };
  run_simulated(local::main(log));
  EXPECT_EQ(log, (lines{"a0", "b0", "a1", "b1", "a2", "b2"}));
}

TEST(sleep, is_never_short_by_the_real_clock) {
  const auto main = []() -> task<> {
    const instant before = rondo::real_clock().now();
    co_await rondo::sleep_for(3ms);
    EXPECT_GE(rondo::real_clock().now() - before, rondo::duration(3ms));
  };
  rondo::run(main());
}

TEST(sleep, for_ever_ends_by_a_cancel_and_holds_up_nobody) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(say_after(rondo::duration::max(), "for ever", log));
      co_await rondo::sleep_for(1s);
      s.cancel();
    });
    const long now = co_await now_ms();
    EXPECT_EQ(now, 1000);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"for ever cancelled"});
}

TEST(yield, lets_the_others_and_ready_io_go_first) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    rondo::loop& here = co_await rondo::this_loop();
    here.set_immediate([&] { log.push_back("immediate"); });
    here.post([&] { log.push_back("posted"); });  // comes in through the poll phase, as I/O does
    here.queue_microtask([&] { log.push_back("microtask"); });
    co_await rondo::yield_now();
    log.push_back("yielded");
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"microtask", "posted", "immediate", "yielded"}));
}

TEST(yield, takes_turns) {
  lines log;
  struct local {
    static task<> three_times(std::string name, lines& log) {
      for (int i = 0; i < 3; ++i) {
        log.push_back(name + std::to_string(i));
        co_await rondo::yield_now();
      }
    }
    static task<> main(lines& log) {
      co_await when_all(three_times("a", log), three_times("b", log));
    }
  };
  run_simulated(local::main(log));
  EXPECT_EQ(log, (lines{"a0", "b0", "a1", "b1", "a2", "b2"}));
}

TEST(yield, in_an_endless_loop_can_be_cancelled) {
  struct local {
    static task<> spin(long& turns) {
      for (;;) {
        ++turns;
        co_await rondo::yield_now();
      }
    }
    static task<> main(long& turns) {
      co_await with_scope([&](scope& s) -> task<> {
        s.spawn(spin(turns));
        for (int i = 0; i < 10; ++i) co_await rondo::yield_now();
        s.cancel();
      });
    }
  };
  long turns = 0;
  run_simulated(local::main(turns));
  EXPECT_GE(turns, 9);
  EXPECT_LE(turns, 11);
}

}  // namespace
