// Regular ticks, and what becomes of those that nobody fetched in time.
#include <rondo/async/interval.hpp>

#include <gtest/gtest.h>

#include <rondo/async/timeout.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::interval;
using rondo::missed;
using rondo::task;
using rondo::testing::now_ms;
using rondo::testing::run_simulated;

/// When each of eight ticks is fetched, in milliseconds from the first, with one piece of work
/// after the second tick that takes longer than the rest.
std::vector<long> fetches(missed when_late, rondo::duration work) {
  std::vector<long> all;
  const auto main = [](missed when_late, rondo::duration work, std::vector<long>& all) -> task<> {
    co_await rondo::sleep_for(5s);
    interval ticks(50ms, when_late);
    for (int i = 0; i < 8; ++i) {
      co_await ticks.next();
      const long now = co_await now_ms();
      all.push_back(now - 5'000);
      if (i == 1) co_await rondo::sleep_for(work);
    }
  };
  run_simulated(main(when_late, work, all));
  return all;
}

TEST(interval, ticks_at_once_and_then_regularly) {
  for (const missed each : {missed::burst, missed::delay, missed::skip}) {
    EXPECT_EQ(fetches(each, 10ms), (std::vector<long>{0, 50, 100, 150, 200, 250, 300, 350}));
  }
}

// The three by the examples of Tokio's documentation: a period of 50 ms, and once 200 ms of work.
TEST(interval, catches_up_in_a_burst) {
  EXPECT_EQ(fetches(missed::burst, 200ms),
            (std::vector<long>{0, 50, 250, 250, 250, 250, 300, 350}));
}

TEST(interval, is_delayed_as_a_whole) {
  EXPECT_EQ(fetches(missed::delay, 210ms),
            (std::vector<long>{0, 50, 260, 310, 360, 410, 460, 510}));
}

TEST(interval, skips_what_was_missed) {
  EXPECT_EQ(fetches(missed::skip, 210ms), (std::vector<long>{0, 50, 260, 300, 350, 400, 450, 500}));
}

TEST(interval, takes_a_tick_for_missed_only_where_it_is_clearly_late) {
  EXPECT_EQ(fetches(missed::delay, 55ms), (std::vector<long>{0, 50, 105, 150, 200, 250, 300, 350}));
  EXPECT_EQ(fetches(missed::delay, 56ms), (std::vector<long>{0, 50, 106, 156, 206, 256, 306, 356}));
}

TEST(interval, yields_when_each_was_due) {
  const auto main = []() -> task<> {
    interval ticks(10ms);
    const rondo::instant first = co_await ticks.next();
    co_await rondo::sleep_for(25ms);
    const rondo::instant second = co_await ticks.next();
    const rondo::instant third = co_await ticks.next();
    EXPECT_EQ(second - first, rondo::duration(10ms));
    EXPECT_EQ(third - second, rondo::duration(10ms));
  };
  run_simulated(main());
}

TEST(interval, loses_no_tick_to_a_cancel) {
  const auto main = []() -> task<> {
    interval ticks(100ms);
    const rondo::instant first = co_await ticks.next();
    const auto too_late = co_await rondo::within(30ms, ticks.next());
    EXPECT_FALSE(too_late);
    const rondo::instant second = co_await ticks.next();
    EXPECT_EQ(second - first, rondo::duration(100ms));
    const long now = co_await now_ms();
    EXPECT_EQ(now, 100);
  };
  run_simulated(main());
}

}  // namespace
