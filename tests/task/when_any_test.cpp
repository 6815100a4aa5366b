// The first to end decides: the others are cancelled and awaited, and what they had got all the
// same is handed out.
#include <rondo/task/when_any.hpp>

#include <gtest/gtest.h>

#include <memory>

#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/task/race.hpp>
#include <rondo/task/select.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::on;
using rondo::task;
using rondo::when_any;
using rondo::testing::fail_after;
using rondo::testing::lines;
using rondo::testing::now_ms;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;
using rondo::testing::say_after;
using rondo::testing::value_after;

/// Completes at its time even where it has been cancelled before: as a read that had its bytes.
task<int> stubborn(rondo::duration delay, int value) {
  try {
    co_await rondo::sleep_for(delay);
  } catch (const rondo::cancelled&) {
  }
  co_return value;
}

task<int> fails_when_cancelled(std::string text) {
  try {
    co_await rondo::sleep_for(1h);
  } catch (const rondo::cancelled&) {
  }
  throw std::runtime_error(text);
}

TEST(when_any, yields_the_first_and_waits_for_the_cancelled_others) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    auto result = co_await when_any(say_after(3s, "slow", log), value_after(1s, 7),
                                    say_after(2s, "slower", log));
    EXPECT_EQ(result.index(), 1U);
    EXPECT_EQ(result.get<1>(), 7);
    EXPECT_FALSE(result.has<0>());
    EXPECT_TRUE(result.at<2>().was_cancelled());
    const long now = co_await now_ms();
    EXPECT_EQ(now, 1000);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"slow cancelled", "slower cancelled"}));
}

TEST(when_any, hands_out_what_a_loser_completed_with) {
  const auto main = []() -> task<> {
    auto result = co_await when_any(stubborn(2s, 1), stubborn(1s, 2), value_after(3s, 3));
    EXPECT_EQ(result.index(), 1U);
    EXPECT_EQ(result.get<0>(), 1);
    std::vector<int> values;
    result.visit([&](int v) { values.push_back(v); });
    EXPECT_EQ(values, (std::vector{2, 1}));
  };
  run_simulated(main());
}

TEST(when_any, starts_all_even_where_the_first_ends_at_once) {
  struct local {
    static task<int> at_once(int& starts) {
      ++starts;
      co_return starts;
    }
    static task<> main(int& starts) {
      auto result = co_await when_any(at_once(starts), at_once(starts));
      EXPECT_EQ(result.index(), 0U);
      EXPECT_EQ(result.get<1>(), 2);
    }
  };
  int starts = 0;
  run_simulated(local::main(starts));
  EXPECT_EQ(starts, 2);
}

TEST(when_any, throws_the_failure_that_came_first) {
  const auto main = []() -> task<> {
    const std::string one =
        co_await outcome_of(when_any(fail_after(1s, "broken"), value_after(2s, 1)));
    EXPECT_EQ(one, "broken");
    const std::string two =
        co_await outcome_of(when_any(fails_when_cancelled("late"), fail_after(1s, "first")));
    EXPECT_EQ(two, "2 tasks failed: first; late");
  };
  run_simulated(main());
}

TEST(when_any, keeps_the_failure_of_a_loser_beside_the_value) {
  const auto main = []() -> task<> {
    auto result = co_await when_any(value_after(1s, 1), fails_when_cancelled("no"));
    EXPECT_EQ(result.get<0>(), 1);
    EXPECT_TRUE(result.at<1>().has_failed());
    EXPECT_THROW(result.at<1>().take(), std::runtime_error);
  };
  run_simulated(main());
}

TEST(when_any, as_settled_throws_nothing_and_loses_nothing) {
  const auto main = []() -> task<> {
    auto result = co_await when_any(fail_after(1s, "first"), stubborn(2s, 5)).as_settled();
    EXPECT_EQ(result.index(), 0U);
    EXPECT_TRUE(result.at<0>().has_failed());
    EXPECT_EQ(result.get<1>(), 5);
  };
  run_simulated(main());
}

TEST(when_any, takes_values_of_every_kind) {
  struct local {
    static task<std::unique_ptr<int>> own() { co_return std::make_unique<int>(3); }
    static task<int&> refer(int& n) { co_return n; }
    static task<> main() {
      int n = 1;
      auto result = co_await when_any(own(), refer(n), rondo::as_task(rondo::yield_now()));
      const std::unique_ptr<int> owned = std::move(result.get<0>());
      EXPECT_EQ(*owned, 3);
      EXPECT_EQ(&result.get<1>(), &n);
      auto awaitables = co_await when_any(rondo::sleep_for(2s), rondo::sleep_for(1s));
      EXPECT_EQ(awaitables.index(), 1U);
    }
  };
  run_simulated(local::main());
}

TEST(when_any, of_a_thousand_yields_the_first) {
  const auto main = []() -> task<> {
    std::vector<task<int>> work;
    for (int i = 0; i < 1'000; ++i) work.push_back(value_after((1 + i * 7919 % 1'000) * 1ms, i));
    auto results = co_await when_any(std::move(work));
    EXPECT_EQ(results.size(), 1'000U);
    EXPECT_EQ(results.index(), 0U);
    int values = 0;
    results.visit([&](int) { ++values; });
    EXPECT_EQ(values, 1);
  };
  run_simulated(main());
}

TEST(when_any, of_none_is_refused) {
  const auto main = []() -> task<> {
    std::vector<task<int>> none;
    bool refused = false;
    try {
      static_cast<void>(co_await when_any(std::move(none)));
    } catch (const rondo::error& e) {
      refused = e.code() == rondo::errc::invalid_argument;
    }
    EXPECT_TRUE(refused);
  };
  run_simulated(main());
}

TEST(when_any, is_cancelled_from_outside_unless_something_completed) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const std::string outcome = co_await outcome_of(
        rondo::with_timeout(1s, when_any(say_after(5s, "a", log), say_after(6s, "b", log))));
    EXPECT_TRUE(outcome.starts_with("with_timeout: ")) << outcome;
    auto kept =
        co_await rondo::with_timeout(1s, when_any(say_after(5s, "c", log), stubborn(5s, 8)));
    EXPECT_EQ(kept.index(), 1U);
    EXPECT_EQ(kept.get<1>(), 8);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"a cancelled", "b cancelled", "c cancelled"}));
}

TEST(when_any, takes_a_child_that_throws_cancelled_on_its_own_for_a_failure) {
  struct local {
    static task<int> give_up() {
      co_await rondo::sleep_for(1s);
      throw rondo::cancelled();
    }
    static task<> main() {
      auto result = co_await when_any(give_up(), value_after(2s, 1)).as_settled();
      EXPECT_EQ(result.index(), 0U);
      EXPECT_TRUE(result.at<0>().has_failed());
      EXPECT_TRUE(result.at<1>().was_cancelled());
    }
  };
  run_simulated(local::main());
}

TEST(when_any, that_was_never_awaited_leaves_nothing) {
  lines log;
  {
    auto unstarted = when_any(say_after(1s, "a", log), value_after(1s, 1));
    auto moved = std::move(unstarted);
    static_cast<void>(moved);
  }
  EXPECT_TRUE(log.empty());
}

TEST(race, yields_the_first_value) {
  const auto main = []() -> task<> {
    const int first = co_await rondo::race(value_after(2s, 2), value_after(1s, 1));
    EXPECT_EQ(first, 1);
    co_await rondo::race(fail_after(2s, "never"), rondo::as_task(rondo::sleep_for(1s)));
    const std::string outcome = co_await outcome_of(rondo::race(
        value_after(2s, 2), fails_when_cancelled("late"), rondo::as_task(stubborn(1s, 1))));
    EXPECT_EQ(outcome, "");
  };
  run_simulated(main());
}

TEST(race, throws_the_failure_that_came_first) {
  const auto main = []() -> task<> {
    const std::string outcome =
        co_await outcome_of(rondo::race(fail_after(2s, "late"), fail_after(1s, "early")));
    EXPECT_EQ(outcome, "early");
  };
  run_simulated(main());
}

TEST(race, hands_leftovers_to_who_asks_for_them) {
  const auto main = []() -> task<> {
    std::vector<int> leftovers;
    const auto keep = [&](int v) { leftovers.push_back(v); };
    const int first = co_await rondo::race(stubborn(3s, 3), stubborn(1s, 1), value_after(2s, 2))
                          .leftovers_to(keep);
    EXPECT_EQ(first, 1);
    EXPECT_EQ(leftovers, std::vector{3});
  };
  run_simulated(main());
}

TEST(select, calls_the_handler_of_the_first) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const std::size_t index = co_await rondo::select(
        on(rondo::sleep_for(2s), [&] { log.push_back("time is over"); }),
        on(value_after(1s, 7), [&](int n) { log.push_back("got " + std::to_string(n)); }));
    EXPECT_EQ(index, 1U);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"got 7"});
}

TEST(select, calls_the_handler_of_a_loser_that_completed_all_the_same) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const auto note = [&](int n) { log.push_back(std::to_string(n)); };
    const std::size_t index = co_await rondo::select(
        on(stubborn(3s, 3), note), on(value_after(2s, 2), note), on(stubborn(1s, 1), note));
    EXPECT_EQ(index, 2U);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"1", "3"}));
}

TEST(select, awaits_handlers_that_are_tasks) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    co_await rondo::select(on(value_after(1s, 4),
                              [&log](int n) -> task<> {
                                co_await rondo::sleep_for(n * 1s);
                                log.push_back("handled");
                              }),
                           on(rondo::sleep_for(2s), [] {}));
    const long now = co_await now_ms();
    EXPECT_EQ(now, 5000);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"handled"});
}

TEST(select, throws_failures_after_the_last_handler) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const std::string outcome = co_await outcome_of(rondo::select(
        on(fail_after(1s, "broken"), [] {}),
        on(stubborn(2s, 2),
           [&](int n) {
             log.push_back("saved " + std::to_string(n));
             throw std::runtime_error("and the handler, too");
           }),
        on(stubborn(2s, 3), [&](int n) { log.push_back("saved " + std::to_string(n)); })));
    EXPECT_EQ(outcome, "2 tasks failed: broken; and the handler, too");
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"saved 2", "saved 3"}));
}

TEST(select, that_is_cancelled_hands_over_what_completed) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const auto note = [&](int n) { log.push_back(std::to_string(n)); };
    const std::size_t first = co_await rondo::with_timeout(
        1s, rondo::select(on(value_after(3s, 3), note), on(stubborn(2s, 2), note)));
    EXPECT_EQ(first, 1U);
    const std::string outcome = co_await outcome_of(rondo::with_timeout(
        1s, rondo::select(on(value_after(3s, 3), note), on(value_after(2s, 2), note))));
    EXPECT_TRUE(outcome.starts_with("with_timeout: ")) << outcome;
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"2"});
}

}  // namespace
