// The shared mutex. Its fairness is in fairness_test.cpp.
#include <rondo/sync/shared_mutex.hpp>

#include <gtest/gtest.h>

#include <random>

#include <rondo/async/yield.hpp>

#include "support/seed.hpp"
#include "sync/threads.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::scope;
using rondo::shared_mutex;
using rondo::task;
using rondo::with_scope;
using rondo::testing::lines;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;

static_assert(sizeof(shared_mutex) == 40);

task<> read(shared_mutex& m, std::string name, lines& log) {
  const shared_mutex::shared_guard held = co_await m.lock_shared();
  log.push_back(name);
  co_await rondo::sleep_for(1s);
}

task<> write(shared_mutex& m, std::string name, lines& log) {
  const shared_mutex::guard held = co_await m.lock();
  log.push_back(name);
  co_await rondo::sleep_for(1s);
}

TEST(shared_mutex, is_for_many_readers_or_one_writer_in_the_order_of_coming) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    shared_mutex m;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(read(m, "r1", log));
      s.spawn(read(m, "r2", log));
      s.spawn(write(m, "w1", log));
      s.spawn(read(m, "r3", log));
      s.spawn(read(m, "r4", log));
      s.spawn(write(m, "w2", log));
      co_await rondo::sleep_for(500ms);
      EXPECT_EQ(log, (lines{"r1", "r2"}));  // r3 waits behind the writer
      EXPECT_FALSE(m.try_lock_shared());
      co_await rondo::sleep_for(1s);
      EXPECT_EQ(log, (lines{"r1", "r2", "w1"}));
      co_await rondo::sleep_for(1s);
      EXPECT_EQ(log, (lines{"r1", "r2", "w1", "r3", "r4"}));
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"r1", "r2", "w1", "r3", "r4", "w2"}));
}

TEST(shared_mutex, lets_readers_in_when_the_writer_before_them_gives_up) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    shared_mutex m;
    co_await with_scope([&](scope& s) -> task<> {
      const shared_mutex::shared_guard held = co_await m.lock_shared();
      auto writer = s.spawn(write(m, "w", log));
      s.spawn(read(m, "r1", log));
      s.spawn(read(m, "r2", log));
      co_await rondo::yield_now();
      EXPECT_TRUE(log.empty());
      writer.cancel();
      co_await rondo::yield_now();
      EXPECT_EQ(log, (lines{"r1", "r2"}));
    });
  };
  run_simulated(main(log));
}

TEST(shared_mutex, guards_move_unlock_once_and_try_never_waits) {
  const auto main = []() -> task<> {
    shared_mutex m;
    shared_mutex::guard alone = m.try_lock();
    EXPECT_TRUE(alone);
    EXPECT_FALSE(m.try_lock());
    EXPECT_FALSE(m.try_lock_shared());
    shared_mutex::guard moved = std::move(alone);
    moved.unlock();
    moved.unlock();
    shared_mutex::shared_guard first = m.try_lock_shared();
    shared_mutex::shared_guard second = m.try_lock_shared();
    EXPECT_TRUE(first);
    EXPECT_TRUE(second);
    first = std::move(second);
    EXPECT_FALSE(m.try_lock());
    first = shared_mutex::shared_guard();
    EXPECT_TRUE(m.try_lock());
    co_return;
  };
  run_simulated(main());
}

TEST(shared_mutex, is_not_taken_where_it_is_cancelled) {
  const auto main = []() -> task<> {
    shared_mutex m;
    {
      const shared_mutex::guard held = co_await m.lock();
      const bool wrote = (co_await rondo::within(1s, m.lock())).has_value();
      const bool read = (co_await rondo::within(1s, m.lock_shared())).has_value();
      EXPECT_FALSE(wrote || read);
    }
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      const std::string write = co_await outcome_of(m.lock());
      const std::string read = co_await outcome_of(m.lock_shared());
      EXPECT_EQ(write + read, "cancelledcancelled");
    });
    EXPECT_TRUE(m.try_lock());
  };
  run_simulated(main());
}

TEST(shared_mutex, keeps_writers_of_several_threads_from_readers) {
  struct pair {
    shared_mutex m;
    long a = 0;
    long b = 0;
  };
  struct local {
    static task<> work(pair& p, std::uint64_t seed) {
      std::mt19937_64 random(seed);
      for (int i = 0; i < 300; ++i) {
        const auto limit = std::chrono::microseconds(random() % 300);
        if (random() % 3 == 0) {
          const auto held = co_await rondo::within(limit, p.m.lock());
          if (!held) continue;
          ++p.a;
          if (random() % 4 == 0) co_await rondo::yield_now();
          ++p.b;
        } else {
          const auto held = co_await rondo::within(limit, p.m.lock_shared());
          if (!held) continue;
          EXPECT_EQ(p.a, p.b);
          if (random() % 4 == 0) co_await rondo::yield_now();
        }
      }
    }
  };
  pair p;
  rondo::testing::run_in_threads(3, [&](int thread) -> task<> {
    const std::uint64_t seed = rondo::testing::seed() + static_cast<unsigned>(thread) * 100;
    co_await with_scope([&, seed](scope& s) -> task<> {
      for (std::uint64_t i = 0; i < 5; ++i) s.spawn(local::work(p, seed + i));
      co_return;
    });
  });
  EXPECT_EQ(p.a, p.b);
  EXPECT_TRUE(p.m.try_lock());
}

}  // namespace
