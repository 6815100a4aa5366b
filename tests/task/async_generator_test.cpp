// Sequences whose elements have to be waited for.
#include <rondo/task/async_generator.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <rondo/async/timeout.hpp>
#include <rondo/task/when_all.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::async_generator;
using rondo::elements_of;
using rondo::task;
using rondo::testing::lines;
using rondo::testing::now_ms;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;
using rondo::testing::value_after;

class guard {
 public:
  guard() noexcept { ++alive; }
  guard(const guard&) = delete;
  ~guard() { --alive; }
  static inline int alive = 0;
};

async_generator<int> one_a_second(int last) {
  const guard g;
  for (int i = 1; i <= last; ++i) {
    co_await rondo::sleep_for(1s);
    co_yield i;
  }
}

task<std::vector<int>> all_of(async_generator<int> numbers) {
  std::vector<int> all;
  while (const auto n = co_await numbers.next()) all.push_back(*n);
  co_return all;
}

TEST(async_generator, awaits_between_its_elements) {
  const auto main = []() -> task<> {
    const std::vector<int> all = co_await all_of(one_a_second(3));
    EXPECT_EQ(all, (std::vector{1, 2, 3}));
    const long now = co_await now_ms();
    EXPECT_EQ(now, 3000);
  };
  run_simulated(main());
}

TEST(async_generator, stays_at_its_end) {
  const auto main = []() -> task<> {
    auto numbers = one_a_second(1);
    const auto first = co_await numbers.next();
    const auto second = co_await numbers.next();
    const auto third = co_await numbers.next();
    EXPECT_EQ(first, 1);
    EXPECT_FALSE(second || third);
    EXPECT_EQ(guard::alive, 0);
  };
  run_simulated(main());
}

TEST(async_generator, yields_references_and_what_can_only_be_moved) {
  struct local {
    static async_generator<std::unique_ptr<int>> boxes() {
      co_yield std::make_unique<int>(1);
      auto box = co_await rondo::as_task(rondo::when_all(box_of(2)));
      co_yield std::move(std::get<0>(box));
    }
    static task<std::unique_ptr<int>> box_of(int n) { co_return std::make_unique<int>(n); }
    static async_generator<int&> each(std::vector<int>& all) {
      for (int& one : all) co_yield one;
    }
    static async_generator<std::string> twice(std::string text) {
      co_yield text;
      co_yield text;
    }
    static task<> main() {
      auto some = boxes();
      int sum = 0;
      while (const auto box = co_await some.next()) sum += **box;
      EXPECT_EQ(sum, 3);

      std::vector<int> numbers = {1, 2};
      auto references = each(numbers);
      while (int* const n = co_await references.next()) *n *= 10;
      EXPECT_EQ(numbers, (std::vector{10, 20}));

      auto texts = twice("longer than what fits into the string itself");
      const auto first = co_await texts.next();
      const auto second = co_await texts.next();
      EXPECT_EQ(first, second);
    }
  };
  run_simulated(local::main());
}

TEST(async_generator, left_early_destroys_what_is_in_its_body) {
  const auto main = []() -> task<> {
    {
      auto numbers = one_a_second(5);
      static_cast<void>(co_await numbers.next());
      EXPECT_EQ(guard::alive, 1);
    }
    EXPECT_EQ(guard::alive, 0);
    const auto never_asked = one_a_second(5);
    static_cast<void>(never_asked);
  };
  run_simulated(main());
}

TEST(async_generator, throws_out_of_next_and_has_ended_then) {
  struct local {
    static async_generator<int> failing() {
      co_yield 1;
      co_await rondo::testing::fail_after(1s, "the source is broken");
      co_yield 2;
    }
    static task<> main() {
      auto numbers = failing();
      const auto first = co_await numbers.next();
      EXPECT_EQ(first, 1);
      const std::string outcome = co_await outcome_of(numbers.next());
      EXPECT_EQ(outcome, "the source is broken");
      const auto after = co_await numbers.next();
      EXPECT_FALSE(after);
    }
  };
  run_simulated(local::main());
}

TEST(async_generator, is_cancelled_with_its_consumer) {
  const auto main = []() -> task<> {
    const std::string outcome =
        co_await outcome_of(rondo::with_timeout(2500ms, all_of(one_a_second(5))));
    EXPECT_TRUE(outcome.starts_with("with_timeout: ")) << outcome;
    EXPECT_EQ(guard::alive, 0);
  };
  run_simulated(main());
}

TEST(async_generator, takes_nothing_where_it_is_asked_too_late) {
  struct local {
    static async_generator<int> ready(int& reached) {
      for (;;) co_yield ++reached;
    }
    static task<> asks(async_generator<int>& numbers) {
      try {
        co_await rondo::sleep_for(1h);
      } catch (const rondo::cancelled&) {
      }
      static_cast<void>(co_await numbers.next());
    }
    static task<> main() {
      int reached = 0;
      auto numbers = ready(reached);
      static_cast<void>(co_await numbers.next());
      const std::string outcome = co_await outcome_of(rondo::with_timeout(1s, asks(numbers)));
      EXPECT_TRUE(outcome.starts_with("with_timeout: ")) << outcome;
      EXPECT_EQ(reached, 1);
      const auto next = co_await numbers.next();  // who was not cancelled goes on with it
      EXPECT_EQ(next, 2);
    }
  };
  run_simulated(local::main());
}

TEST(async_generator, goes_from_one_task_to_another) {
  struct local {
    static async_generator<int> nested(int depth) {
      co_await rondo::sleep_for(1s);
      co_yield depth;
      if (depth > 0) co_yield elements_of(nested(depth - 1));
      co_await rondo::sleep_for(1s);
      co_yield -depth;
    }
    static task<> takes_one(async_generator<int>& numbers, std::vector<int>& all) {
      const auto n = co_await numbers.next();
      if (n) all.push_back(*n);
    }
    static task<> main() {
      auto numbers = nested(2);
      std::vector<int> all;
      for (int i = 0; i < 7; ++i) {
        co_await rondo::when_all(takes_one(numbers, all), rondo::as_task(rondo::sleep_for(1s)));
      }
      EXPECT_EQ(all, (std::vector{2, 1, 0, 0, -1, -2}));
      const long now = co_await now_ms();
      EXPECT_EQ(now, 7000);
    }
  };
  run_simulated(local::main());
}

async_generator<int> down_from(int n) {
  co_yield n;
  if (n > 0) co_yield elements_of(down_from(n - 1));
}

TEST(async_generator, nests_a_hundred_thousand_deep) {
  const auto main = []() -> task<> {
    long sum = 0;
    auto numbers = down_from(100'000);
    while (const auto n = co_await numbers.next()) sum += *n;
    EXPECT_EQ(sum, 100'000L * 100'001 / 2);
    auto left_early = down_from(100'000);
    while (const auto n = co_await left_early.next()) {
      if (*n == 0) break;
    }
  };
  run_simulated(main());
}

TEST(async_generator, passes_failures_of_nested_ones_to_who_yields_them) {
  struct local {
    static async_generator<int> failing() {
      co_yield 1;
      co_await rondo::testing::fail_after(1s, "broken");
    }
    static async_generator<int> outer() {
      bool failed = false;
      try {
        co_yield elements_of(failing());
      } catch (const std::runtime_error&) {
        failed = true;
      }
      if (failed) co_yield 2;
    }
    static task<> main() {
      const std::vector<int> all = co_await all_of(outer());
      EXPECT_EQ(all, (std::vector{1, 2}));
    }
  };
  run_simulated(local::main());
}

}  // namespace
