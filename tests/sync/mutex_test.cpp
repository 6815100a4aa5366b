// The mutex and the value behind one. Its fairness is in fairness_test.cpp.
#include <rondo/sync/mutex.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include <rondo/async/yield.hpp>
#include <rondo/base/error.hpp>
#include <rondo/sync/guarded.hpp>
#include <rondo/task/this_task.hpp>

#include "support/seed.hpp"
#include "sync/threads.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::guarded;
using rondo::mutex;
using rondo::scope;
using rondo::task;
using rondo::with_scope;
using rondo::testing::lines;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;

static_assert(sizeof(mutex) == 40);

/// Holds the mutex for `time`.
task<> hold_for(mutex& m, rondo::duration time, std::string name, lines& log) {
  const mutex::guard held = co_await m.lock();
  log.push_back(name);
  co_await rondo::sleep_for(time);
}

TEST(mutex, is_held_by_one_at_a_time_and_handed_over_in_order) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    mutex m;
    co_await with_scope([&](scope& s) -> task<> {
      for (const char* name : {"a", "b", "c"}) s.spawn(hold_for(m, 1s, name, log));
      co_await rondo::sleep_for(1500ms);
      EXPECT_EQ(log, (lines{"a", "b"}));
      EXPECT_FALSE(m.try_lock());
    });
    const long now = co_await rondo::testing::now_ms();
    EXPECT_EQ(now, 3000);
    EXPECT_TRUE(m.try_lock());
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"a", "b", "c"}));
}

TEST(mutex, cannot_be_snatched_from_who_was_first_in_line) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    mutex m;
    co_await with_scope([&](scope& s) -> task<> {
      mutex::guard mine = co_await m.lock();
      s.spawn(hold_for(m, 0s, "other", log));
      co_await rondo::yield_now();
      mine.unlock();
      EXPECT_FALSE(m.try_lock());  // it is the other's already, though he has not run yet
      mine = co_await m.lock();
      log.push_back("again");
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"other", "again"}));
}

TEST(mutex, guard_moves_and_unlocks_once) {
  const auto main = []() -> task<> {
    mutex m;
    mutex::guard first = co_await m.lock();
    mutex::guard second = std::move(first);
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move)
    EXPECT_TRUE(second);
    first.unlock();
    EXPECT_FALSE(m.try_lock());
    second.unlock();
    second.unlock();
    second = m.try_lock();
    EXPECT_TRUE(second);
    second = mutex::guard();
    EXPECT_TRUE(m.try_lock());
  };
  run_simulated(main());
}

TEST(mutex, that_is_cancelled_while_waiting_is_not_taken) {
  const auto main = []() -> task<> {
    mutex m;
    mutex::guard mine = co_await m.lock();
    const std::string late = co_await outcome_of(rondo::with_timeout(1s, m.lock()));
    EXPECT_NE(late.find("limit"), std::string::npos) << late;
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      mine.unlock();
      const std::string outcome = co_await outcome_of(m.lock());
      EXPECT_EQ(outcome, "cancelled");
    });
    EXPECT_TRUE(m.try_lock());
  };
  run_simulated(main());
}

TEST(mutex, that_was_granted_before_the_cancel_is_kept_and_the_next_await_throws) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    mutex m;
    co_await with_scope([&](scope& s) -> task<> {
      mutex::guard mine = co_await m.lock();
      auto other = s.spawn(hold_for(m, 1h, "got it", log));
      co_await rondo::yield_now();
      mine.unlock();
      other.cancel();
      co_await rondo::yield_now();
      const long now = co_await rondo::testing::now_ms();
      EXPECT_EQ(now, 0);
      EXPECT_TRUE(m.try_lock());
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"got it"});
}

TEST(mutex, says_who_holds_it) {
  const auto main = []() -> task<> {
    mutex m;
    co_await with_scope([&](scope& s) -> task<> {
      const rondo::task_context* waiting = nullptr;
      const auto waits = [](mutex& m, const rondo::task_context*& line) -> task<> {
        line = &co_await rondo::this_task();
        const mutex::guard held = co_await m.lock();
      };
      rondo::task_context& here = co_await rondo::this_task();
      mutex::guard mine = co_await m.lock();
      s.spawn(waits(m, waiting));
      co_await rondo::yield_now();
      EXPECT_STREQ(waiting->waits_for().what, "lock of a mutex");
      EXPECT_EQ(waiting->waits_for().task, &here);
      const mutex::guard moved = std::move(mine);
      EXPECT_EQ(waiting->waits_for().task, nullptr);  // it may leave this line now
    });
  };
  run_simulated(main());
}

TEST(mutex, forgets_a_holder_that_ended_before_the_guard) {
  const auto main = []() -> task<> {
    mutex m;
    co_await with_scope([&](scope& s) -> task<> {
      // The line that locks is the child of the timeout, and ends with it.
      mutex::guard mine = co_await rondo::with_timeout(1s, m.lock());
      const rondo::task_context* waiting = nullptr;
      const auto waits = [](mutex& m, const rondo::task_context*& line) -> task<> {
        line = &co_await rondo::this_task();
        const mutex::guard held = co_await m.lock();
      };
      s.spawn(waits(m, waiting));
      co_await rondo::yield_now();
      EXPECT_EQ(waiting->waits_for().task, nullptr);
    });
  };
  run_simulated(main());
}

TEST(mutex_death, of_a_line_that_locks_twice) {
  const auto main = []() -> task<> {
    mutex m;
    const mutex::guard first = co_await m.lock();
    const mutex::guard second = co_await m.lock();
  };
  EXPECT_DEATH(run_simulated(main()), "holder.. != &line");
}

TEST(mutex_death, of_one_that_is_destroyed_while_held) {
  const auto main = []() -> task<> {
    mutex::guard outlives;
    mutex m;
    outlives = co_await m.lock();
  };
  EXPECT_DEATH(run_simulated(main()), "!held_");
}

TEST(guarded, is_reached_by_one_at_a_time) {
  const auto main = []() -> task<> {
    guarded<std::vector<int>> numbers(3, 7);
    co_await with_scope([&](scope& s) -> task<> {
      const auto add = [](guarded<std::vector<int>>& numbers, int n) -> task<> {
        auto value = co_await numbers.lock();
        co_await rondo::yield_now();
        value->push_back(n);
      };
      for (int i = 0; i < 3; ++i) s.spawn(add(numbers, i));
      co_await rondo::yield_now();
      EXPECT_FALSE(numbers.try_lock());
    });
    auto value = numbers.try_lock();
    EXPECT_TRUE(value);
    EXPECT_EQ(*value, (std::vector<int>{7, 7, 7, 0, 1, 2}));
    value.unlock();
    EXPECT_FALSE(value);
    auto again = co_await rondo::with_timeout(1s, numbers.lock());
    EXPECT_EQ(again->size(), 6U);
  };
  run_simulated(main());
}

/// How often a task that always gets the lock at once runs between two turns of the loop, at most.
int longest_run_of_locks(int allowance) {
  constexpr int locks = 20'000;
  rondo::loop_options options;
  options.task_allowance = allowance;
  rondo::loop l(std::move(options));
  int since_turn = 0;
  int longest = 0;
  const rondo::handle_id every_turn = l.add_prepare([&] { since_turn = 0; });
  l.unref(every_turn);
  const auto main = [](int& since_turn, int& longest) -> task<> {
    mutex m;
    for (int i = 0; i < locks; ++i) {
      const mutex::guard held = co_await m.lock();
      longest = std::max(longest, ++since_turn);
    }
  };
  rondo::run(l, main(since_turn, longest));
  l.clear(every_turn);
  return longest;
}

TEST(mutex, that_is_locked_for_ever_lets_timers_and_io_have_their_turn) {
  EXPECT_EQ(longest_run_of_locks(1'000'000), 20'000);
  EXPECT_LE(longest_run_of_locks(256), 3 * 256);  // a turn is a few callbacks with one each
  EXPECT_LE(longest_run_of_locks(1), 3);
}

TEST(mutex, keeps_threads_apart_under_cancels) {
  struct counted {
    long total = 0;
    long inside = 0;
  };
  struct local {
    static task<> work(guarded<counted>& shared, std::uint64_t seed, std::atomic<long>& got) {
      std::mt19937_64 random(seed);
      for (int i = 0; i < 300; ++i) {
        const auto limit = std::chrono::microseconds(random() % 200);
        auto held = co_await rondo::within(limit, shared.lock());
        if (!held) continue;
        auto& value = **held;
        EXPECT_EQ(++value.inside, 1);
        if (random() % 4 == 0) co_await rondo::yield_now();
        ++value.total;
        EXPECT_EQ(--value.inside, 0);
        ++got;
      }
    }
  };
  guarded<counted> shared;
  std::atomic<long> got{0};
  rondo::testing::run_in_threads(3, [&](int thread) -> task<> {
    const std::uint64_t seed = rondo::testing::seed() + static_cast<unsigned>(thread) * 100;
    co_await with_scope([&, seed](scope& s) -> task<> {
      for (std::uint64_t i = 0; i < 5; ++i) s.spawn(local::work(shared, seed + i, got));
      co_return;
    });
  });
  EXPECT_GT(got.load(), 0);
  EXPECT_EQ(shared.try_lock()->total, got.load());
}

}  // namespace
