// Sequences that are computed while they are read.
#include <rondo/task/generator.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <ranges>
#include <string>
#include <vector>

#include <rondo/task/when_all.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::elements_of;
using rondo::generator;
using rondo::task;
using rondo::testing::lines;
using rondo::testing::run_simulated;

static_assert(std::ranges::input_range<generator<int>>);
static_assert(std::ranges::view<generator<int>>);
static_assert(!std::copyable<generator<int>>);

generator<int> count_to(int last) {
  for (int i = 1; i <= last; ++i) co_yield i;
}

template <class T>
std::vector<T> all_of(generator<T> g) {
  std::vector<T> all;
  for (T& each : g) all.push_back(std::move(each));
  return all;
}

TEST(generator, is_read_by_a_loop) {
  EXPECT_EQ(all_of(count_to(4)), (std::vector{1, 2, 3, 4}));
  EXPECT_TRUE(all_of(count_to(0)).empty());
}

TEST(generator, runs_only_as_far_as_it_is_read) {
  int reached = 0;
  const auto counting = [](int& reached) -> generator<int> {
    for (;;) co_yield ++reached;
  };
  {
    const auto unread = counting(reached);
  }
  EXPECT_EQ(reached, 0);
  for (const int n : counting(reached)) {
    if (n == 3) break;
  }
  EXPECT_EQ(reached, 3);
}

TEST(generator, is_a_view) {
  const auto even = [](int n) { return n % 2 == 0; };
  const auto squared = [](int n) { return n * n; };
  std::vector<int> squares;
  for (const int n : count_to(1'000'000) | std::views::filter(even) |
                         std::views::transform(squared) | std::views::take(3)) {
    squares.push_back(n);
  }
  EXPECT_EQ(squares, (std::vector{4, 16, 36}));
}

TEST(generator, yields_copies_of_what_has_a_name) {
  const auto repeat = [](std::string text) -> generator<std::string> {
    co_yield text;
    co_yield text;
  };
  const std::string text = "longer than what fits into the string itself";
  EXPECT_EQ(all_of(repeat(text)), (std::vector{text, text}));
}

TEST(generator, yields_references_and_what_can_only_be_moved) {
  const auto each = [](std::vector<int>& all) -> generator<int&> {
    for (int& one : all) co_yield one;
  };
  std::vector<int> numbers = {1, 2, 3};
  for (int& n : each(numbers)) n *= 2;
  EXPECT_EQ(numbers, (std::vector{2, 4, 6}));

  const auto boxes = []() -> generator<std::unique_ptr<int>> {
    co_yield std::make_unique<int>(7);
    auto box = std::make_unique<int>(8);
    co_yield std::move(box);
  };
  auto all = all_of(boxes());
  EXPECT_EQ(*all.at(1), 8);

  const auto texts = []() -> generator<const std::string&> { co_yield "a temporary"; };
  for (const std::string& text : texts()) EXPECT_EQ(text, "a temporary");
}

TEST(generator, throws_out_of_the_loop) {
  const auto failing = []() -> generator<int> {
    co_yield 1;
    throw std::runtime_error("no more");
  };
  int seen = 0;
  EXPECT_THROW(
      {
        for (const int n : failing()) seen = n;
      },
      std::runtime_error);
  EXPECT_EQ(seen, 1);
}

TEST(generator, destroys_what_is_in_its_body_when_left_early) {
  const auto holding = [](std::shared_ptr<int> held) -> generator<int> {
    const auto another = held;
    for (;;) co_yield *another;
  };
  const auto held = std::make_shared<int>(1);
  for (const int n : holding(held)) {
    EXPECT_EQ(n, 1);
    EXPECT_EQ(held.use_count(), 3);
    break;
  }
  EXPECT_EQ(held.use_count(), 1);
}

struct tree {
  int value;
  std::unique_ptr<tree> left, right;
};

generator<int> in_order(const tree* t) {
  if (t == nullptr) co_return;
  co_yield elements_of(in_order(t->left.get()));
  co_yield t->value;
  co_yield elements_of(in_order(t->right.get()));
}

TEST(generator, yields_the_elements_of_others_and_of_itself) {
  tree root{4, std::make_unique<tree>(2), std::make_unique<tree>(6)};
  root.left->left = std::make_unique<tree>(1);
  root.left->right = std::make_unique<tree>(3);
  EXPECT_EQ(all_of(in_order(&root)), (std::vector{1, 2, 3, 4, 6}));

  const auto mixed = []() -> generator<int> {
    const std::vector<int> more = {10, 20};
    co_yield elements_of(more);
    co_yield elements_of(count_to(2));
    co_yield elements_of(std::views::iota(5, 7));
  };
  EXPECT_EQ(all_of(mixed()), (std::vector{10, 20, 1, 2, 5, 6}));
}

TEST(generator, passes_failures_of_nested_ones_to_who_yields_them) {
  const auto failing = []() -> generator<int> {
    co_yield 1;
    throw std::runtime_error("no more");
  };
  const auto outer = [&]() -> generator<int> {
    bool failed = false;
    try {
      co_yield elements_of(failing());
    } catch (const std::runtime_error&) {
      failed = true;
    }
    if (failed) co_yield 2;
    co_yield elements_of(failing());
  };
  std::vector<int> seen;
  EXPECT_THROW(
      {
        for (const int n : outer()) seen.push_back(n);
      },
      std::runtime_error);
  EXPECT_EQ(seen, (std::vector{1, 2, 1}));
}

generator<int> down_from(int n) {
  co_yield n;
  if (n > 0) co_yield elements_of(down_from(n - 1));
}

TEST(generator, nests_a_hundred_thousand_deep) {
  long sum = 0;
  for (const int n : down_from(100'000)) sum += n;
  EXPECT_EQ(sum, 100'000L * 100'001 / 2);
  for (const int n : down_from(100'000)) {
    if (n == 0) break;  // all of them are still suspended
  }
}

// The small framework of row F: a task is a generator that yields how long it wants to sleep.
generator<rondo::duration> napping(const char* name, rondo::duration nap, lines& log) {
  log.push_back(std::string(name) + " starts");
  co_yield nap;
  log.push_back(std::string(name) + " goes on");
}

task<> drive(generator<rondo::duration> steps, lines& log) {
  for (const rondo::duration nap : steps) {
    co_await rondo::sleep_for(nap);
    const long now = co_await rondo::testing::now_ms();
    log.push_back(std::to_string(now / 1000) + ":");
  }
}

TEST(generator, makes_tasks_on_a_simulated_clock) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    co_await rondo::when_all(drive(napping("Task1", 2s, log), log),
                             drive(napping("Task2", 1s, log), log));
  };
  run_simulated(main(log));
  EXPECT_EQ(log,
            (lines{"Task1 starts", "Task2 starts", "1:", "Task2 goes on", "2:", "Task1 goes on"}));
}

}  // namespace
