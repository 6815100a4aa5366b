#include "runtime/idle_workers.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <semaphore>
#include <thread>
#include <vector>

#include "runtime/injection_queue.hpp"

namespace {

using rondo::idle_workers;
using rondo::injection_queue;
using rondo::job;

constexpr idle_workers::parking runs{};
constexpr idle_workers::parking searches{.searching = true};
constexpr idle_workers::parking watches{.searching = true, .watching = true};

TEST(idle_workers, names_nobody_while_all_run) {
  idle_workers idle(2);
  EXPECT_EQ(idle.worker_to_wake(), -1);
  EXPECT_EQ(idle.watcher_to_wake(), -1);
}

TEST(idle_workers, names_who_was_parked_last_and_nobody_while_he_searches) {
  idle_workers idle(3);
  EXPECT_TRUE(idle.park(0, runs));  // nobody searches
  EXPECT_TRUE(idle.park(2, runs));
  EXPECT_EQ(idle.worker_to_wake(), 2);
  EXPECT_EQ(idle.now().searching, 1U);  // from the moment he was named
  EXPECT_EQ(idle.worker_to_wake(), -1);
  EXPECT_TRUE(idle.unpark(2));
  EXPECT_EQ(idle.worker_to_wake(), -1);
  EXPECT_TRUE(idle.end_searching());
  EXPECT_EQ(idle.worker_to_wake(), 0);
  EXPECT_TRUE(idle.unpark(0));
  EXPECT_EQ(idle.now().sleeping, 0U);
}

TEST(idle_workers, lets_half_of_them_search) {
  idle_workers idle(4);
  EXPECT_TRUE(idle.begin_searching());
  EXPECT_TRUE(idle.begin_searching());
  EXPECT_FALSE(idle.begin_searching());
  EXPECT_FALSE(idle.end_searching());
  EXPECT_TRUE(idle.begin_searching());
  idle_workers alone(1);
  EXPECT_TRUE(alone.begin_searching());
  EXPECT_FALSE(alone.begin_searching());
}

TEST(idle_workers, tells_the_last_to_search_to_look_again) {
  idle_workers idle(4);
  EXPECT_TRUE(idle.begin_searching());
  EXPECT_TRUE(idle.begin_searching());
  EXPECT_FALSE(idle.park(0, searches));
  EXPECT_FALSE(idle.park(3, runs));  // was refused: another searches
  EXPECT_TRUE(idle.park(1, searches));
  EXPECT_EQ(idle.now().sleeping, 3U);
  EXPECT_EQ(idle.now().searching, 0U);
}

TEST(idle_workers, knows_who_was_woken_by_his_own_loop) {
  idle_workers idle(2);
  EXPECT_TRUE(idle.park(0, runs));
  EXPECT_TRUE(idle.park(1, runs));
  EXPECT_FALSE(idle.unpark(0));
  EXPECT_EQ(idle.now().searching, 0U);
  EXPECT_EQ(idle.worker_to_wake(), 1);
  EXPECT_TRUE(idle.unpark(1));
}

TEST(idle_workers, wakes_for_a_slot_only_where_nobody_watches) {
  idle_workers idle(3);
  EXPECT_TRUE(idle.park(0, runs));
  EXPECT_EQ(idle.watcher_to_wake(), 0);
  EXPECT_EQ(idle.watcher_to_wake(), -1);  // he searches
  EXPECT_TRUE(idle.unpark(0));
  EXPECT_TRUE(idle.park(0, watches));
  EXPECT_EQ(idle.watcher_to_wake(), -1);  // he watches
  EXPECT_EQ(idle.now().watching, 1U);
  EXPECT_EQ(idle.worker_to_wake(), 0);  // for a job that all may take he is a sleeper like others
  EXPECT_EQ(idle.now().watching, 0U);
  EXPECT_TRUE(idle.unpark(0));
  EXPECT_TRUE(idle.park(0, watches));
  EXPECT_FALSE(idle.unpark(0));  // his time was over
  EXPECT_EQ(idle.now().watching, 0U);
}

TEST(idle_workers, passes_over_who_was_named_and_does_not_come) {
  idle_workers idle(3);
  EXPECT_TRUE(idle.park(0, runs));
  EXPECT_TRUE(idle.park(1, runs));
  EXPECT_FALSE(idle.pass_over(1));  // parked, not named
  EXPECT_FALSE(idle.pass_over(2));  // awake
  EXPECT_EQ(idle.worker_to_wake(), 1);
  EXPECT_TRUE(idle.pass_over(1));
  EXPECT_FALSE(idle.pass_over(1));
  EXPECT_EQ(idle.now().searching, 0U);
  EXPECT_EQ(idle.worker_to_wake(), 0);
  EXPECT_FALSE(idle.unpark(1));  // comes after all, and runs
  EXPECT_TRUE(idle.unpark(0));
  EXPECT_TRUE(idle.end_searching());
}

// Workers that sleep whenever they find nothing, and producers that wake whom they are told to: a
// lost wakeup hangs the test.
TEST(idle_workers, loses_no_wakeup_under_threads) {
  constexpr int workers = 3;
  constexpr int producers = 2;
  constexpr int each = 20'000;
  idle_workers idle(workers);
  injection_queue queue;
  std::array<std::counting_semaphore<>, workers> beds{
      std::counting_semaphore<>(0), std::counting_semaphore<>(0), std::counting_semaphore<>(0)};
  std::vector<job> jobs(producers * each);
  std::atomic<int> left{producers * each};
  const auto wake_one = [&] {
    const int named = idle.worker_to_wake();
    if (named >= 0) beds[named].release();
  };

  std::vector<std::thread> threads;
  for (int w = 0; w < workers; ++w) {
    threads.emplace_back([&, w] {
      bool searching = false;
      while (left.load() > 0) {
        if (!searching) searching = idle.begin_searching();
        if (queue.pop() != nullptr) {
          if (searching && idle.end_searching()) wake_one();
          searching = false;
          // The last job ends the test for those who sleep.
          if (left.fetch_sub(1) == 1) {
            for (auto& bed : beds) bed.release();
          }
          continue;
        }
        if (idle.park(w, {.searching = searching}) && !queue.empty()) wake_one();
        beds[w].acquire();
        searching = idle.unpark(w);
      }
    });
  }
  for (int p = 0; p < producers; ++p) {
    threads.emplace_back([&, p] {
      for (int i = 0; i < each; ++i) {
        queue.push(jobs[p * each + i]);
        wake_one();
        if (i % 16 == 0) std::this_thread::yield();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(left.load(), 0);
}

}  // namespace
