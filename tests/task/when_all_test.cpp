// Running together: results in order, failures that cancel the others, and nobody left behind.
#include <rondo/task/when_all.hpp>

#include <gtest/gtest.h>

#include <memory>

#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/task/scope.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::task;
using rondo::when_all;
using rondo::testing::fail_after;
using rondo::testing::lines;
using rondo::testing::now_ms;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;
using rondo::testing::say_after;
using rondo::testing::value_after;

TEST(when_all, runs_together_and_yields_in_the_order_of_the_arguments) {
  const auto main = []() -> task<> {
    const auto results = co_await when_all(value_after(3s, 1), value_after(1s, 2));
    EXPECT_EQ(std::get<0>(results), 1);
    EXPECT_EQ(std::get<1>(results), 2);
    const long now = co_await now_ms();
    EXPECT_EQ(now, 3000);
  };
  run_simulated(main());
}

TEST(when_all, puts_a_unit_where_a_task_yields_nothing) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const auto results = co_await when_all(say_after(2s, "b", log), value_after(1s, 5));
    static_assert(std::is_same_v<decltype(results), const std::tuple<rondo::unit, int>>);
    EXPECT_EQ(std::get<1>(results), 5);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"b"});
}

TEST(when_all, takes_other_awaitables_and_itself) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    co_await when_all(rondo::sleep_for(2s), rondo::sleep_for(1s));
    co_await when_all(rondo::yield_now(), say_after(1s, "a", log));
    co_await when_all(when_all(say_after(2s, "c", log), say_after(1s, "b", log)),
                      rondo::sleep_for(3s));
    const long now = co_await now_ms();
    EXPECT_EQ(now, 6000);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"a", "b", "c"}));
}

TEST(when_all, of_none_yields_at_once) {
  const auto main = []() -> task<> {
    std::vector<task<int>> none;
    const std::vector<int> results = co_await when_all(std::move(none));
    EXPECT_TRUE(results.empty());
    std::vector<task<>> nothing;
    co_await when_all(std::move(nothing));
    co_await when_all();
  };
  run_simulated(main());
}

TEST(when_all, of_a_thousand_yields_a_vector_in_order) {
  const auto main = []() -> task<> {
    std::vector<task<int>> work;
    for (int i = 0; i < 1'000; ++i) work.push_back(value_after((i * 7919 % 1'000) * 1ms, i));
    const std::vector<int> results = co_await when_all(std::move(work));
    EXPECT_EQ(results.size(), 1'000U);
    for (int i = 0; i < 1'000; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)], i);
  };
  run_simulated(main());
}

TEST(when_all, yields_what_can_only_be_moved_and_what_is_referred_to) {
  struct local {
    static task<std::unique_ptr<int>> own() { co_return std::make_unique<int>(3); }
    static task<int&> refer(int& n) { co_return n; }
    static task<> main() {
      int n = 1;
      auto results = co_await when_all(own(), refer(n));
      EXPECT_EQ(*std::get<0>(results), 3);
      EXPECT_EQ(&std::get<1>(results), &n);
    }
  };
  run_simulated(local::main());
}

TEST(when_all, that_was_never_awaited_leaves_nothing) {
  lines log;
  {
    auto unstarted = when_all(say_after(1s, "a", log), value_after(1s, 1));
    auto moved = std::move(unstarted);
    static_cast<void>(moved);
  }
  EXPECT_TRUE(log.empty());
}

TEST(when_all, cancels_the_others_and_waits_for_them_before_it_throws) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const std::string outcome = co_await outcome_of(when_all(
        say_after(1s, "early", log), fail_after(2s, "broken"), say_after(3s, "late", log)));
    log.push_back(outcome);
    const long now = co_await now_ms();
    EXPECT_EQ(now, 2000);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"early", "late cancelled", "broken"}));
}

TEST(when_all, waits_for_a_sibling_that_takes_its_time_to_clean_up) {
  lines log;
  struct local {
    static task<> stubborn(lines& log) {
      try {
        co_await rondo::sleep_for(10s);
      } catch (const rondo::cancelled&) {
        log.push_back("cleaning up");
      }
      throw std::runtime_error("and failing at it");
    }
    static task<> main(lines& log) {
      std::vector<task<>> work;
      work.push_back(fail_after(1s, "first"));
      work.push_back(stubborn(log));
      try {
        co_await when_all(std::move(work));
      } catch (const rondo::failure_group& group) {
        EXPECT_EQ(group.failures().size(), 2U);
        log.push_back(group.what());
      }
    }
  };
  run_simulated(local::main(log));
  EXPECT_EQ(log, (lines{"cleaning up", "2 tasks failed: first; and failing at it"}));
}

TEST(when_all, loses_no_failure) {
  // All due at the same instant: the first one cancels the others, whose sleep is over by then.
  struct local {
    static task<> fail_whatever_comes(int number) {
      try {
        co_await rondo::sleep_for(1s);
      } catch (const rondo::cancelled&) {
        throw std::runtime_error("late " + std::to_string(number));
      }
      throw std::runtime_error("first " + std::to_string(number));
    }
    static task<> main() {
      std::string text;
      std::size_t count = 0;
      try {
        co_await when_all(fail_whatever_comes(1), fail_whatever_comes(2), fail_whatever_comes(3));
      } catch (const rondo::failure_group& group) {
        count = group.failures().size();
        text = group.what();
      }
      EXPECT_EQ(count, 3U);
      EXPECT_EQ(text, "3 tasks failed: first 1; late 2; late 3");
    }
  };
  run_simulated(local::main());
}

TEST(when_all, whose_tasks_fail_at_once_still_starts_and_ends_all) {
  struct local {
    static task<> fail(int& runs) {
      ++runs;
      throw std::logic_error("at once");
      co_return;
    }
    static task<> main(int& runs) {
      const std::string outcome = co_await outcome_of(when_all(fail(runs), fail(runs)));
      EXPECT_EQ(outcome, "2 tasks failed: at once; at once");
    }
  };
  int runs = 0;
  run_simulated(local::main(runs));
  EXPECT_EQ(runs, 2);
}

TEST(when_all, that_is_nested_passes_failures_on) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const std::string outcome = co_await outcome_of(
        when_all(say_after(5s, "outer", log),
                 when_all(say_after(5s, "inner", log), fail_after(1s, "deep"))));
    EXPECT_EQ(outcome, "deep");
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"inner cancelled", "outer cancelled"}));
}

TEST(when_all, is_cancelled_from_outside) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const std::string outcome = co_await outcome_of(rondo::with_timeout(
        1s, when_all(say_after(5s, "a", log), when_all(say_after(6s, "b", log)))));
    EXPECT_NE(outcome.find("limit of 1"), std::string::npos) << outcome;
    const long now = co_await now_ms();
    EXPECT_EQ(now, 1000);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"a cancelled", "b cancelled"}));
}

TEST(when_all, takes_a_child_that_throws_cancelled_on_its_own_for_a_failure) {
  lines log;
  struct local {
    static task<int> give_up() {
      co_await rondo::sleep_for(1s);
      throw rondo::cancelled();
    }
    static task<> main(lines& log) {
      const std::string outcome = co_await outcome_of(when_all(give_up(), say_after(2s, "a", log)));
      log.push_back(outcome);
    }
  };
  run_simulated(local::main(log));
  EXPECT_EQ(log, (lines{"a cancelled", "cancelled"}));
}

}  // namespace
