// The semaphore. Its fairness is in fairness_test.cpp.
#include <rondo/sync/semaphore.hpp>

#include <gtest/gtest.h>

#include <random>

#include <rondo/async/yield.hpp>

#include "support/seed.hpp"
#include "sync/threads.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::scope;
using rondo::semaphore;
using rondo::task;
using rondo::with_scope;
using rondo::testing::lines;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;

static_assert(sizeof(semaphore) == 32);

task<> use(semaphore& s, int count, rondo::duration time, std::string name, lines& log) {
  const semaphore::permit mine = co_await s.acquire(count);
  log.push_back(name);
  co_await rondo::sleep_for(time);
}

TEST(semaphore, lets_so_many_in_and_no_more) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    semaphore s(2);
    co_await with_scope([&](scope& all) -> task<> {
      for (const char* name : {"a", "b", "c", "d"}) all.spawn(use(s, 1, 1s, name, log));
      co_await rondo::sleep_for(500ms);
      EXPECT_EQ(log, (lines{"a", "b"}));
      EXPECT_EQ(s.available(), 0);
      EXPECT_FALSE(s.try_acquire());
    });
    EXPECT_EQ(s.available(), 2);
    const long now = co_await rondo::testing::now_ms();
    EXPECT_EQ(now, 2000);
  };
  run_simulated(main(log));
}

TEST(semaphore, serves_a_big_request_before_small_ones_that_came_later) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    semaphore s(3);
    co_await with_scope([&](scope& all) -> task<> {
      all.spawn(use(s, 2, 1s, "two", log));
      all.spawn(use(s, 3, 1s, "three", log));
      all.spawn(use(s, 1, 1s, "one", log));
      co_await rondo::yield_now();
      EXPECT_EQ(s.available(), 1);
      EXPECT_FALSE(s.try_acquire());  // there is one, but it is the second's
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"two", "three", "one"}));
}

TEST(semaphore, serves_those_behind_a_big_request_that_gives_up) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    semaphore s(3);
    co_await with_scope([&](scope& all) -> task<> {
      all.spawn(use(s, 2, 5s, "two", log));
      auto big = all.spawn(use(s, 3, 1s, "three", log));
      all.spawn(use(s, 1, 1s, "one", log));
      all.spawn(use(s, 1, 1s, "another", log));
      co_await rondo::sleep_for(1s);
      big.cancel();
      co_await rondo::sleep_for(500ms);
      EXPECT_EQ(log, (lines{"two", "one"}));
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"two", "one", "another"}));
}

TEST(semaphore, permit_moves_is_given_back_once_or_forgotten) {
  const auto main = []() -> task<> {
    semaphore s(4);
    semaphore::permit two = co_await s.acquire(2);
    semaphore::permit moved = std::move(two);
    EXPECT_EQ(two.count(), 0);  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(moved.count(), 2);
    moved.release();
    moved.release();
    EXPECT_EQ(s.available(), 4);
    moved = s.try_acquire(3);
    EXPECT_EQ(s.available(), 1);
    moved = s.try_acquire();
    EXPECT_EQ(s.available(), 3);  // the three came back when they were replaced
    moved.forget();
    EXPECT_EQ(s.available(), 3);
    s.release();
    EXPECT_EQ(s.available(), 4);
    EXPECT_FALSE(s.try_acquire(5));
  };
  run_simulated(main());
}

TEST(semaphore, takes_nothing_where_it_is_cancelled) {
  const auto main = []() -> task<> {
    semaphore s(1);
    const semaphore::permit mine = co_await s.acquire();
    const std::string late = co_await outcome_of(rondo::with_timeout(1s, s.acquire()));
    EXPECT_NE(late.find("limit"), std::string::npos) << late;
    co_await with_scope([&](scope& all) -> task<> {
      all.cancel();
      const std::string outcome = co_await outcome_of(s.acquire());
      EXPECT_EQ(outcome, "cancelled");
    });
    EXPECT_EQ(s.available(), 0);
  };
  run_simulated(main());
}

TEST(semaphore, loses_no_permit_between_threads_under_cancels) {
  struct local {
    static task<> work(semaphore& s, std::uint64_t seed, std::atomic<int>& inside) {
      std::mt19937_64 random(seed);
      for (int i = 0; i < 300; ++i) {
        const int count = 1 + static_cast<int>(random() % 4);
        const auto limit = std::chrono::microseconds(random() % 200);
        auto mine = co_await rondo::within(limit, s.acquire(count));
        if (!mine) continue;
        EXPECT_LE(inside += count, 4);
        if (random() % 4 == 0) co_await rondo::yield_now();
        inside -= count;
      }
    }
  };
  semaphore s(4);
  std::atomic<int> inside{0};
  rondo::testing::run_in_threads(3, [&](int thread) -> task<> {
    const std::uint64_t seed = rondo::testing::seed() + static_cast<unsigned>(thread) * 100;
    co_await with_scope([&, seed](scope& all) -> task<> {
      for (std::uint64_t i = 0; i < 5; ++i) all.spawn(local::work(s, seed + i, inside));
      co_return;
    });
  });
  EXPECT_EQ(s.available(), 4);
}

/// An odd and an even task in two threads, each waking the other: one lost wake-up, and it hangs.
TEST(semaphore, loses_no_wake_up_between_threads) {
  semaphore turns[2] = {semaphore(1), semaphore(0)};
  long rounds = 0;
  rondo::testing::run_in_threads(2, [&](int thread) -> task<> {
    for (int i = 0; i < 2000; ++i) {
      semaphore::permit mine = co_await turns[thread].acquire();
      mine.forget();
      ++rounds;
      turns[1 - thread].release();
    }
  });
  EXPECT_EQ(rounds, 4000);
}

}  // namespace
