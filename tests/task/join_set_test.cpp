// Results in the order in which they come, and nobody left behind.
#include <rondo/task/join_set.hpp>

#include <gtest/gtest.h>

#include <memory>

#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::join_set;
using rondo::task;
using rondo::with_join_set;
using rondo::testing::fail_after;
using rondo::testing::lines;
using rondo::testing::now_ms;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;
using rondo::testing::say_after;
using rondo::testing::value_after;

task<int> stubborn(rondo::duration delay, int value) {
  try {
    co_await rondo::sleep_for(delay);
  } catch (const rondo::cancelled&) {
  }
  co_return value;
}

TEST(join_set, yields_results_as_they_come) {
  const auto main = []() -> task<> {
    const std::size_t taken =
        co_await with_join_set<int>([](join_set<int>& set) -> task<std::size_t> {
          for (int i = 1; i <= 3; ++i) set.spawn(value_after((4 - i) * 1s, i));
          EXPECT_EQ(set.size(), 3);
          std::vector<int> values;
          while (const auto value = co_await set.next()) {
            values.push_back(*value);
            if (*value == 3) set.spawn(value_after(5s, 4));
          }
          EXPECT_EQ(values, (std::vector{3, 2, 1, 4}));
          EXPECT_EQ(set.size(), 0);
          co_return values.size();
        });
    EXPECT_EQ(taken, 4U);
    const long now = co_await now_ms();
    EXPECT_EQ(now, 6000);
  };
  run_simulated(main());
}

TEST(join_set, keeps_ends_until_they_are_asked_for) {
  const auto main = []() -> task<> {
    co_await with_join_set<int>([](join_set<int>& set) -> task<> {
      set.spawn(value_after(2s, 2));
      set.spawn(value_after(1s, 1));
      co_await rondo::sleep_for(3s);
      EXPECT_EQ(set.size(), 2);
      const auto first = co_await set.next();
      const auto second = co_await set.next();
      const auto third = co_await set.next();
      EXPECT_EQ(first, 1);
      EXPECT_EQ(second, 2);
      EXPECT_FALSE(third);
    });
  };
  run_simulated(main());
}

TEST(join_set, left_early_cancels_and_awaits_the_rest) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    co_await with_join_set([&log](join_set<>& set) -> task<> {
      set.spawn(say_after(1s, "a", log));
      set.spawn("slow", say_after(1h, "b", log));
      const bool one = co_await set.next();
      EXPECT_TRUE(one);
    });
    const long now = co_await now_ms();
    EXPECT_EQ(now, 1000);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"a", "b cancelled"}));
}

TEST(join_set, throws_a_failure_to_who_asks_and_lets_the_others_run) {
  struct local {
    static task<int> refused() {
      co_await fail_after(1s, "refused");
      co_return 0;
    }
    static task<> main() {
      co_await with_join_set<int>([](join_set<int>& set) -> task<> {
        set.spawn(refused());
        set.spawn(value_after(2s, 2));
        const std::string outcome = co_await outcome_of(set.next());
        EXPECT_EQ(outcome, "refused");
        const auto second = co_await set.next();
        EXPECT_EQ(second, 2);
      });
    }
  };
  run_simulated(local::main());
}

TEST(join_set, throws_in_the_end_what_nobody_asked_for) {
  struct local {
    static task<> body(join_set<>& set) {
      set.spawn(fail_after(1s, "first"));
      set.spawn(fail_after(2s, "second"));
      co_await rondo::sleep_for(3s);
    }
    static task<> failing_body(join_set<>& set) {
      set.spawn(rondo::as_task(rondo::sleep_for(1h)));
      co_await fail_after(1s, "the body");
    }
    static task<> main() {
      const std::string both = co_await outcome_of(with_join_set(body));
      EXPECT_EQ(both, "2 tasks failed: first; second");
      const std::string one = co_await outcome_of(with_join_set(failing_body));
      EXPECT_EQ(one, "the body");
      const auto throws = [](join_set<>& set) -> task<> {
        if (set.size() == 0) throw std::runtime_error("before the first await");
        co_return;
      };
      const std::string early = co_await outcome_of(with_join_set(throws));
      EXPECT_EQ(early, "before the first await");
    }
  };
  run_simulated(local::main());
}

TEST(join_set, that_is_cancelled_hands_out_what_completed) {
  const auto main = []() -> task<> {
    co_await with_join_set<int>([](join_set<int>& set) -> task<> {
      set.spawn(stubborn(1h, 1));
      set.spawn(value_after(1h, 2));
      co_await rondo::sleep_for(1s);
      set.cancel("enough");
      std::vector<int> values;
      while (const auto value = co_await set.next()) values.push_back(*value);
      EXPECT_EQ(values, std::vector{1});
    });
    const long now = co_await now_ms();
    EXPECT_EQ(now, 1000);
  };
  run_simulated(main());
}

TEST(join_set, is_cancelled_from_outside) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const auto body = [&log](join_set<>& set) -> task<> {
      set.spawn(say_after(1h, "a", log));
      const bool more = co_await set.next();
      log.push_back(more ? "more" : "none");
    };
    const std::string outcome = co_await outcome_of(rondo::with_timeout(1s, with_join_set(body)));
    EXPECT_TRUE(outcome.starts_with("with_timeout: ")) << outcome;
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"a cancelled"});
}

TEST(join_set, takes_values_of_every_kind) {
  struct local {
    static task<std::unique_ptr<int>> own() { co_return std::make_unique<int>(3); }
    static task<int&> refer(int& n) { co_return n; }
    static task<> main() {
      co_await with_join_set<std::unique_ptr<int>>(
          [](join_set<std::unique_ptr<int>>& set) -> task<> {
            set.spawn(own());
            const auto owned = co_await set.next();
            EXPECT_EQ(**owned, 3);
            set.spawn(own());
            co_await rondo::yield_now();  // ends, and is not asked for
          });
      int n = 1;
      co_await with_join_set<int&>([&n](join_set<int&>& set) -> task<> {
        set.spawn(refer(n));
        const int* const found = co_await set.next();
        EXPECT_EQ(found, &n);
      });
    }
  };
  run_simulated(local::main());
}

TEST(as_completed, calls_in_the_order_of_the_ends) {
  const auto main = []() -> task<> {
    std::vector<task<int>> work;
    for (int i = 1; i <= 3; ++i) work.push_back(value_after((4 - i) * 1s, i));
    std::vector<int> values;
    co_await rondo::as_completed(std::move(work), [&](int value) { values.push_back(value); });
    EXPECT_EQ(values, (std::vector{3, 2, 1}));

    std::vector<task<>> nothing;
    nothing.push_back(rondo::as_task(rondo::sleep_for(1s)));
    int calls = 0;
    co_await rondo::as_completed(std::move(nothing), [&]() -> task<> {
      co_await rondo::yield_now();
      ++calls;
    });
    EXPECT_EQ(calls, 1);
  };
  run_simulated(main());
}

TEST(as_completed, ends_with_the_first_failure) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    std::vector<task<>> work;
    work.push_back(say_after(1s, "a", log));
    work.push_back(fail_after(2s, "broken"));
    work.push_back(say_after(3s, "b", log));
    const std::string outcome = co_await outcome_of(rondo::as_completed(std::move(work), [] {}));
    EXPECT_EQ(outcome, "broken");
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"a", "b cancelled"}));
}

}  // namespace
