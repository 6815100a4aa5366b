// Where tasks wait for each other: the barrier, again and again, and the latch, once.
#include <rondo/sync/barrier.hpp>

#include <gtest/gtest.h>

#include <rondo/async/yield.hpp>
#include <rondo/sync/latch.hpp>
#include <rondo/task/when_all.hpp>

#include "sync/threads.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::barrier;
using rondo::latch;
using rondo::scope;
using rondo::task;
using rondo::with_scope;
using rondo::testing::lines;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;

static_assert(sizeof(barrier) == 40);
static_assert(sizeof(latch) == 32);

TEST(barrier, lets_all_go_on_together_again_and_again_and_one_of_them_leads) {
  const auto main = []() -> task<> {
    barrier b(3);
    int arrived = 0;
    int leaders = 0;
    const auto participant = [](barrier& b, int delay_ms, int& arrived, int& led) -> task<> {
      for (int round = 1; round <= 4; ++round) {
        co_await rondo::sleep_for(delay_ms * 1ms);
        ++arrived;
        const bool leads = co_await b.arrive_and_wait();
        if (leads) ++led;
        EXPECT_GE(arrived, 3 * round);
      }
    };
    co_await rondo::when_all(participant(b, 1, arrived, leaders),
                             participant(b, 5, arrived, leaders),
                             participant(b, 9, arrived, leaders));
    EXPECT_EQ(leaders, 4);
    const long now = co_await rondo::testing::now_ms();
    EXPECT_EQ(now, 36);
  };
  run_simulated(main());
}

TEST(barrier, of_one_stops_nobody) {
  const auto main = []() -> task<> {
    barrier b(1);
    const bool leads = co_await b.arrive_and_wait();
    EXPECT_TRUE(leads);
  };
  run_simulated(main());
}

TEST(barrier, does_not_count_who_gave_up) {
  const auto main = []() -> task<> {
    barrier b(2);
    const auto first = co_await rondo::within(1s, b.arrive_and_wait());
    EXPECT_FALSE(first);
    const auto second = co_await rondo::within(1s, b.arrive_and_wait());
    EXPECT_FALSE(second);  // nobody else is there
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      const std::string outcome = co_await outcome_of(b.arrive_and_wait());
      EXPECT_EQ(outcome, "cancelled");
    });
    co_await rondo::when_all(b.arrive_and_wait(), b.arrive_and_wait());
  };
  run_simulated(main());
}

TEST(barrier, keeps_an_arrival_that_completed_the_round_before_the_cancel) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    barrier b(2);
    co_await with_scope([&](scope& s) -> task<> {
      auto other = s.spawn([](barrier& b, lines& log) -> task<> {
        co_await b.arrive_and_wait();
        log.push_back("through");
      }(b, log));
      co_await rondo::yield_now();
      co_await b.arrive_and_wait();
      other.cancel();
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"through"});
}

TEST(barrier, keeps_threads_in_step) {
  constexpr int rounds = 200;
  barrier b(4);
  std::vector<int> reached(4);
  std::atomic<int> leaders{0};
  rondo::testing::run_in_threads(4, [&](int thread) -> task<> {
    for (int round = 1; round <= rounds; ++round) {
      reached[static_cast<std::size_t>(thread)] = round;
      const bool leads = co_await b.arrive_and_wait();
      if (leads) ++leaders;
      for (const int each : reached) EXPECT_EQ(each, round);
      co_await b.arrive_and_wait();
    }
  });
  EXPECT_EQ(leaders, rounds);
}

TEST(latch, opens_when_all_is_done_and_stays_open) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    latch l(3);
    co_await with_scope([&](scope& s) -> task<> {
      const auto waits = [](latch& l, std::string name, lines& log) -> task<> {
        co_await l.wait();
        log.push_back(name);
      };
      s.spawn(waits(l, "a", log));
      s.spawn(waits(l, "b", log));
      co_await rondo::sleep_for(1s);
      l.count_down(2);
      EXPECT_FALSE(l.try_wait());
      EXPECT_TRUE(log.empty());
      co_await l.arrive_and_wait();
      EXPECT_TRUE(l.try_wait());
    });
    co_await l.wait();
    latch open(0);
    co_await open.wait();
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"a", "b"}));
}

TEST(latch, counts_what_was_done_by_who_then_gave_up_waiting) {
  const auto main = []() -> task<> {
    latch l(2);
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      const std::string outcome = co_await outcome_of(l.arrive_and_wait());
      EXPECT_EQ(outcome, "cancelled");  // on entry: nothing was counted
    });
    const bool in_time = co_await rondo::within(1s, l.arrive_and_wait());
    EXPECT_FALSE(in_time);
    EXPECT_FALSE(l.try_wait());
    l.count_down();
    EXPECT_TRUE(l.try_wait());
  };
  run_simulated(main());
}

TEST(latch_death, of_more_than_was_expected) {
  latch l(1);
  EXPECT_DEATH(l.count_down(2), "done <= left");
}

TEST(latch, opens_for_several_threads) {
  constexpr std::size_t rounds = 200;
  struct three : latch {
    three() : latch(3) {}
  };
  std::vector<three> all(rounds);
  rondo::testing::run_in_threads(3, [&](int) -> task<> {
    for (latch& each : all) co_await each.arrive_and_wait();
  });
  for (const latch& each : all) EXPECT_TRUE(each.try_wait());
}

}  // namespace
