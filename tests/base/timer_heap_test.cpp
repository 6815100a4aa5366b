#include "rondo/base/timer_heap.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "support/seed.hpp"

namespace {

using rondo::instant;
using rondo::timer;
using rondo::timer_heap;

constexpr instant at(std::int64_t ns) {
  return instant::from_ns(ns);
}

TEST(timer_heap, is_never_due_when_empty) {
  timer_heap heap;
  EXPECT_TRUE(heap.empty());
  EXPECT_EQ(heap.size(), 0U);
  EXPECT_TRUE(heap.next_due().is_never());
  EXPECT_EQ(heap.pop_due(instant::never()), nullptr);
}

TEST(timer_heap, pops_by_due_time_then_by_arming) {
  std::array<timer, 5> t;
  timer_heap heap;
  heap.arm(t[0], at(20));
  heap.arm(t[1], at(10));
  heap.arm(t[2], at(20));
  heap.arm(t[3], at(-5));
  heap.arm(t[4], at(10));
  EXPECT_EQ(heap.next_due(), at(-5));
  for (const std::size_t i : {3, 1, 4, 0, 2}) EXPECT_EQ(heap.pop_due(at(20)), &t[i]);
  EXPECT_TRUE(heap.empty());
}

TEST(timer_heap, keeps_what_is_not_due) {
  timer t;
  timer_heap heap;
  heap.arm(t, at(10));
  EXPECT_EQ(heap.pop_due(at(9)), nullptr);
  EXPECT_TRUE(t.is_armed());
  EXPECT_EQ(heap.pop_due(at(10)), &t);
  EXPECT_FALSE(t.is_armed());
}

TEST(timer_heap, arming_again_goes_behind_those_of_the_same_time) {
  std::array<timer, 2> t;
  timer_heap heap;
  heap.arm(t[0], at(10));
  heap.arm(t[1], at(10));
  heap.disarm(t[0]);
  heap.arm(t[0], at(10));
  EXPECT_EQ(heap.pop_due(at(10)), &t[1]);
  EXPECT_EQ(heap.pop_due(at(10)), &t[0]);
}

TEST(timer_heap, leaves_timers_of_a_later_generation_for_the_next_turn) {
  std::array<timer, 3> t;
  timer_heap heap;
  heap.arm(t[0], at(1));
  heap.arm(t[1], at(2));
  const std::uint64_t phase = heap.next_generation();
  EXPECT_EQ(heap.pop_due(at(5), phase), &t[0]);
  heap.arm(t[2], at(5));
  heap.arm(t[0], at(5));
  EXPECT_EQ(heap.pop_due(at(5), phase), &t[1]);
  EXPECT_EQ(heap.pop_due(at(5), phase), nullptr);
  EXPECT_EQ(heap.pop_due(at(5), heap.next_generation()), &t[2]);
  EXPECT_EQ(heap.pop_due(at(5)), &t[0]);
}

TEST(timer_heap, disarming_what_is_not_armed_does_nothing) {
  timer t;
  timer_heap heap;
  heap.disarm(t);
  heap.arm(t, at(1));
  heap.disarm(t);
  heap.disarm(t);
  EXPECT_TRUE(heap.empty());
}

TEST(timer_heap, a_timer_that_never_comes_is_kept) {
  timer t;
  timer_heap heap;
  heap.arm(t, instant::never());
  EXPECT_TRUE(heap.next_due().is_never());
  EXPECT_EQ(heap.pop_due(at(INT64_MAX - 1)), nullptr);
  EXPECT_EQ(heap.size(), 1U);
  heap.disarm(t);
}

TEST(timer_heap_death, refuses_misuse) {
  timer t;
  timer_heap heap;
  EXPECT_DEATH(static_cast<void>(heap.due(t)), "assertion failed: holds\\(t\\)");
  heap.arm(t, at(1));
  EXPECT_DEATH(heap.arm(t, at(2)), "assertion failed: !t.is_armed\\(\\)");
  timer_heap other;
  EXPECT_DEATH(other.disarm(t), "assertion failed: holds\\(t\\)");
  timer theirs;
  other.arm(theirs, at(1));
  EXPECT_DEATH(other.disarm(t), "assertion failed: holds\\(t\\)");
  heap.disarm(t);
  other.disarm(theirs);
}

// Against a multimap, which keeps equal keys in the order of their insertion. Due times from a
// narrow range make ties common; the sizes swing, so that all shapes of the last node come up.
void compare_with_multimap(std::int64_t range) {
  std::mt19937_64 random(rondo::testing::seed() + static_cast<std::uint64_t>(range));
  using model = std::multimap<instant, timer*>;
  std::vector<timer> timers(600);
  std::map<timer*, model::iterator> armed;
  model expected;
  timer_heap heap;
  for (int step = 0; step < 60'000; ++step) {
    timer& t = timers[random() % timers.size()];
    const bool growing = (step / 2'000) % 2 == 0;
    const auto dice = random() % 10;
    if (dice < (growing ? 7U : 3U)) {
      if (t.is_armed()) continue;
      const instant due = at(static_cast<std::int64_t>(random() % range));
      heap.arm(t, due);
      armed[&t] = expected.emplace(due, &t);
    } else if (dice < 9) {
      heap.disarm(t);
      if (const auto found = armed.find(&t); found != armed.end()) {
        expected.erase(found->second);
        armed.erase(found);
      }
    } else {
      const instant now = at(static_cast<std::int64_t>(random() % range));
      const bool any = !expected.empty() && expected.begin()->first <= now;
      timer* const popped = heap.pop_due(now);
      ASSERT_EQ(popped, any ? expected.begin()->second : nullptr);
      if (any) {
        armed.erase(popped);
        expected.erase(expected.begin());
      }
    }
    ASSERT_EQ(heap.size(), expected.size());
    ASSERT_EQ(heap.empty(), expected.empty());
    ASSERT_EQ(heap.next_due(), expected.empty() ? instant::never() : expected.begin()->first);
    ASSERT_EQ(t.is_armed(), armed.contains(&t));
    if (t.is_armed()) {
      ASSERT_EQ(heap.due(t), armed[&t]->first);
    }
  }
  std::set<const timer*> seen;
  heap.for_each([&](const timer& t, instant due) {
    EXPECT_EQ(due, heap.due(t));
    EXPECT_TRUE(seen.insert(&t).second);
  });
  EXPECT_EQ(seen.size(), expected.size());
  for (const auto& [due, t] : expected) ASSERT_EQ(heap.pop_due(instant::never()), t);
  EXPECT_TRUE(heap.empty());
}

TEST(timer_heap, behaves_like_a_multimap_with_many_ties) {
  compare_with_multimap(12);
}

TEST(timer_heap, behaves_like_a_multimap_with_few_ties) {
  compare_with_multimap(1'000'000'000);
}

TEST(timer_heap, sorts_a_hundred_thousand) {
  std::mt19937_64 random(rondo::testing::seed());
  std::vector<timer> timers(100'000);
  timer_heap heap;
  for (timer& t : timers) heap.arm(t, at(static_cast<std::int64_t>(random() % 5'000)));
  instant before = at(-1);
  const timer* last = nullptr;
  std::size_t popped = 0;
  while (!heap.empty()) {
    const instant due = heap.next_due();
    const timer* const t = heap.pop_due(due);
    ASSERT_NE(t, nullptr);
    ASSERT_LE(before, due);
    ASSERT_TRUE(before < due || last < t) << "ties: armed in the order of their addresses";
    before = due;
    last = t;
    ++popped;
  }
  EXPECT_EQ(popped, timers.size());
}

}  // namespace
