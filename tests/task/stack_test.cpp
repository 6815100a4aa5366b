// Awaiting must not grow the stack. This file is compiled without optimisation, and each program
// runs in a thread with a stack of 256 KiB, which ten thousand nested calls would overflow.
#include <gtest/gtest.h>
#include <pthread.h>

#include <exception>
#include <functional>

#include <rondo/async/timeout.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/shield.hpp>
#include <rondo/task/task.hpp>
#include <rondo/task/when_all.hpp>
#include <rondo/task/when_any.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::task;

void* call(void* what) {
  (*static_cast<std::function<void()>*>(what))();
  return nullptr;
}

void on_a_small_stack(std::function<void()> what) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 256 * 1024), 0);
  pthread_t thread{};
  ASSERT_EQ(pthread_create(&thread, &attributes, call, &what), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

task<int> one() {
  co_return 1;
}

task<long> await_in_a_row(int times) {
  long sum = 0;
  for (int i = 0; i < times; ++i) sum += co_await one();
  co_return sum;
}

task<long> deep(int depth) {
  if (depth == 0) co_return 0;
  const long below = co_await deep(depth - 1);
  co_return below + 1;
}

task<> deep_failure(int depth) {
  if (depth == 0) throw std::runtime_error("bottom");
  co_await deep_failure(depth - 1);
}

task<> nothing() {
  co_return;
}

task<> groups_in_a_row(int times) {
  for (int i = 0; i < times; ++i) co_await rondo::when_all(nothing(), nothing());
}

task<> nested_groups(int depth) {
  if (depth == 0) co_return;
  co_await rondo::when_all(nothing(), nested_groups(depth - 1), nothing());
}

task<int> nested_choices(int depth) {
  if (depth == 0) {
    co_await rondo::sleep_for(1ms);
    co_return 7;
  }
  auto result = co_await rondo::when_any(nested_choices(depth - 1));
  co_return result.get<0>();
}

task<> nested_regions(int depth) {
  if (depth == 0) co_return;
  co_await rondo::with_timeout(1h, nested_regions(depth - 1));
  if (depth > 1'000) co_return;
  co_await rondo::with_scope([depth](rondo::scope&) -> task<> {
    if (depth % 100 == 0) co_await rondo::shield(nested_regions(depth - 100));
  });
}

TEST(stack, a_million_awaits_in_a_row_do_not_grow_it) {
  long sum = 0;
  on_a_small_stack([&] { sum = rondo::testing::run_simulated(await_in_a_row(1'000'000)); });
  EXPECT_EQ(sum, 1'000'000);
}

TEST(stack, a_hundred_thousand_awaits_within_each_other_do_not_grow_it) {
  long depth = 0;
  on_a_small_stack([&] { depth = rondo::testing::run_simulated(deep(100'000)); });
  EXPECT_EQ(depth, 100'000);
}

TEST(stack, an_exception_climbs_ten_thousand_levels_without_growing_it) {
  bool caught = false;
  on_a_small_stack([&] {
    try {
      rondo::testing::run_simulated(deep_failure(10'000));
    } catch (const std::runtime_error&) {
      caught = true;
    }
  });
  EXPECT_TRUE(caught);
}

TEST(stack, groups_in_a_row_do_not_grow_it) {
  bool ended = false;
  on_a_small_stack([&] {
    rondo::testing::run_simulated(groups_in_a_row(100'000));
    ended = true;
  });
  EXPECT_TRUE(ended);
}

TEST(stack, a_hundred_thousand_groups_within_each_other_do_not_grow_it) {
  int value = 0;
  bool ended = false;
  on_a_small_stack([&] {
    rondo::testing::run_simulated(nested_groups(100'000));
    ended = true;
    value = rondo::testing::run_simulated(nested_choices(100'000));
  });
  EXPECT_TRUE(ended);
  EXPECT_EQ(value, 7);
}

task<> nested_sleepers(int depth) {
  if (depth == 0) co_await rondo::sleep_for(1h);
  if (depth == 0) co_return;
  co_await rondo::when_all(nested_sleepers(depth - 1), nothing());
}

TEST(stack, a_cancel_through_a_hundred_thousand_groups_does_not_grow_it) {
  bool in_time = true;
  on_a_small_stack([&] {
    in_time =
        rondo::testing::run_simulated(rondo::as_task(rondo::within(1s, nested_sleepers(100'000))));
  });
  EXPECT_FALSE(in_time);
}

TEST(stack, regions_within_each_other_do_not_grow_it) {
  bool ended = false;
  on_a_small_stack([&] {
    rondo::testing::run_simulated(nested_regions(20'000));
    ended = true;
  });
  EXPECT_TRUE(ended);
}

}  // namespace
