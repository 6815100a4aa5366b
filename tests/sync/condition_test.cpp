// Conditions: the mutex is held whenever a wait ends, and no notification is lost.
#include <rondo/sync/condition.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <stdexcept>

#include <rondo/async/yield.hpp>

#include "support/seed.hpp"
#include "sync/threads.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::condition;
using rondo::mutex;
using rondo::scope;
using rondo::task;
using rondo::with_scope;
using rondo::testing::lines;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;

static_assert(sizeof(condition) == 32);

struct shared_state {
  mutex m;
  condition changed;
  int value = 0;
};

task<> wait_until_at_least(shared_state& s, int least, std::string name, lines& log) {
  mutex::guard held = co_await s.m.lock();
  bool was_cancelled = false;
  try {
    co_await s.changed.wait(held, [&] { return s.value >= least; });
  } catch (const rondo::cancelled&) {
    was_cancelled = true;
  }
  EXPECT_TRUE(held);
  EXPECT_FALSE(s.m.try_lock());
  log.push_back(was_cancelled ? name + " cancelled" : name);
  if (was_cancelled) throw rondo::cancelled();
}

TEST(condition, lets_go_on_those_for_whom_it_holds) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    shared_state s;
    co_await with_scope([&](scope& all) -> task<> {
      all.spawn(wait_until_at_least(s, 2, "two", log));
      all.spawn(wait_until_at_least(s, 1, "one", log));
      all.spawn(wait_until_at_least(s, 0, "zero", log));
      for (int i = 1; i <= 2; ++i) {
        co_await rondo::sleep_for(1s);
        const mutex::guard held = co_await s.m.lock();
        s.value = i;
        s.changed.notify_all();
      }
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"zero", "one", "two"}));
}

TEST(condition, notifies_the_first_in_line_who_gets_the_mutex_in_turn) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    shared_state s;
    const auto waits = [](shared_state& s, std::string name, lines& log) -> task<> {
      mutex::guard held = co_await s.m.lock();
      co_await s.changed.wait(held);
      log.push_back(name);
    };
    co_await with_scope([&](scope& all) -> task<> {
      for (const char* name : {"a", "b", "c"}) all.spawn(waits(s, name, log));
      co_await rondo::yield_now();
      mutex::guard held = co_await s.m.lock();
      s.changed.notify_one();
      s.changed.notify_one();
      co_await rondo::sleep_for(1s);
      EXPECT_TRUE(log.empty());  // they wait for the mutex
      held.unlock();
      co_await rondo::sleep_for(1s);
      EXPECT_EQ(log, (lines{"a", "b"}));
      s.changed.notify_one();
      s.changed.notify_one();  // for nobody
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"a", "b", "c"}));
}

TEST(condition, wait_that_is_cancelled_ends_with_the_mutex_held) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    shared_state s;
    co_await with_scope([&](scope& all) -> task<> {
      auto waiting = all.spawn(wait_until_at_least(s, 1, "waiting", log));
      co_await rondo::yield_now();
      mutex::guard held = co_await s.m.lock();
      waiting.cancel();
      waiting.cancel();
      co_await rondo::sleep_for(1s);
      EXPECT_TRUE(log.empty());  // even the cancelled one waits for the mutex
      held.unlock();
    });
    EXPECT_TRUE(s.m.try_lock());
    mutex::guard held = co_await s.m.lock();
    const bool in_time = co_await rondo::within(1s, s.changed.wait(held));
    EXPECT_FALSE(in_time);
    EXPECT_FALSE(s.m.try_lock());
    held.unlock();
    EXPECT_TRUE(s.m.try_lock());
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"waiting cancelled"});
}

TEST(condition, notification_of_one_who_is_cancelled_goes_to_the_next) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    shared_state s;
    co_await with_scope([&](scope& all) -> task<> {
      auto first = all.spawn(wait_until_at_least(s, 1, "first", log));
      all.spawn(wait_until_at_least(s, 1, "second", log));
      co_await rondo::yield_now();
      mutex::guard held = co_await s.m.lock();
      s.value = 1;
      s.changed.notify_one();
      first.cancel();
      held.unlock();
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"first cancelled", "second"}));
}

TEST(condition, that_holds_keeps_its_result_though_a_cancel_comes_behind_a_notify_all) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    shared_state s;
    co_await with_scope([&](scope& all) -> task<> {
      auto waiting = all.spawn(wait_until_at_least(s, 1, "waiting", log));
      co_await rondo::yield_now();
      s.value = 1;
      s.changed.notify_all();
      waiting.cancel();
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"waiting"});
}

TEST(condition, passes_on_what_the_predicate_throws_with_the_mutex_held) {
  const auto main = []() -> task<> {
    shared_state s;
    co_await with_scope([&](scope& all) -> task<> {
      const auto throws_at = [](shared_state& s, int bad) -> task<> {
        mutex::guard held = co_await s.m.lock();
        const std::string outcome = co_await outcome_of(s.changed.wait(held, [&] {
          if (s.value == bad) throw std::runtime_error("bad value");
          return false;
        }));
        EXPECT_EQ(outcome, "bad value");
        EXPECT_FALSE(s.m.try_lock());
      };
      all.spawn(throws_at(s, 0));
      all.spawn(throws_at(s, 1));
      co_await rondo::yield_now();
      s.value = 1;
      s.changed.notify_all();
    });
    EXPECT_TRUE(s.m.try_lock());
  };
  run_simulated(main());
}

/// A bounded queue made of the three: everything that is put in comes out once, whoever is late.
TEST(condition, carries_a_bounded_queue_between_threads_under_timeouts) {
  struct queue {
    mutex m;
    condition not_empty;
    condition not_full;
    std::deque<int> items;
    int taken = 0;
  };
  constexpr int each = 200;
  constexpr int producers = 4;
  struct local {
    static task<> produce(queue& q) {
      for (int i = 0; i < each; ++i) {
        mutex::guard held = co_await q.m.lock();
        co_await q.not_full.wait(held, [&] { return q.items.size() < 3; });
        q.items.push_back(i);
        q.not_empty.notify_one();
      }
    }
    static task<> consume(queue& q, std::uint64_t seed, long& sum) {
      std::mt19937_64 random(seed);
      for (;;) {
        mutex::guard held = co_await q.m.lock();
        const auto ready = [&] { return !q.items.empty() || q.taken == each * producers; };
        const auto limit = std::chrono::microseconds(random() % 300);
        const bool in_time = co_await rondo::within(limit, q.not_empty.wait(held, ready));
        if (!in_time) continue;
        if (q.items.empty()) co_return;
        sum += q.items.front();
        q.items.pop_front();
        if (++q.taken == each * producers) q.not_empty.notify_all();
        q.not_full.notify_one();
      }
    }
  };
  queue q;
  std::vector<long> sums(4);
  rondo::testing::run_in_threads(2, [&](int thread) -> task<> {
    co_await with_scope([&, thread](scope& s) -> task<> {
      for (int i = 0; i < producers / 2; ++i) s.spawn(local::produce(q));
      for (int i = 0; i < 2; ++i) {
        const int id = thread * 2 + i;
        const std::uint64_t seed = rondo::testing::seed() + static_cast<unsigned>(id);
        s.spawn(local::consume(q, seed, sums[static_cast<std::size_t>(id)]));
      }
      co_return;
    });
  });
  EXPECT_EQ(sums[0] + sums[1] + sums[2] + sums[3], producers * each * (each - 1) / 2);
}

}  // namespace
