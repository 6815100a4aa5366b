#include "runtime/steal_queue.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <rondo/base/random.hpp>

#include "support/seed.hpp"

namespace {

using rondo::job;
using rondo::job_queue;
using rondo::steal_queue;
using rondo::stolen_jobs;
using small_queue = rondo::basic_steal_queue<rondo::native_memory, 8>;

TEST(steal_queue, gives_the_oldest_first) {
  std::array<job, 3> jobs;
  small_queue queue;
  job_queue overflow;
  EXPECT_EQ(queue.pop(), nullptr);
  for (job& j : jobs) EXPECT_EQ(queue.push(j, overflow), 0U);
  EXPECT_EQ(queue.size(), 3U);
  for (job& j : jobs) EXPECT_EQ(queue.pop(), &j);
  EXPECT_EQ(queue.pop(), nullptr);
  EXPECT_TRUE(queue.empty());
}

TEST(steal_queue, passes_its_older_half_on_when_it_is_full) {
  std::array<job, 9> jobs;
  small_queue queue;
  job_queue overflow;
  for (int i = 0; i < 8; ++i) EXPECT_EQ(queue.push(jobs[i], overflow), 0U);
  EXPECT_EQ(queue.room(), 0U);
  EXPECT_EQ(queue.push(jobs[8], overflow), 5U);
  for (const int i : {0, 1, 2, 3, 8}) EXPECT_EQ(overflow.pop(), &jobs[i]) << i;
  EXPECT_TRUE(overflow.empty());
  for (const int i : {4, 5, 6, 7}) EXPECT_EQ(queue.pop(), &jobs[i]) << i;
  EXPECT_EQ(queue.pop(), nullptr);
}

TEST(steal_queue, takes_a_batch_as_one) {
  std::array<job, 6> jobs;
  small_queue queue;
  job_queue batch;
  for (job& j : jobs) batch.push(j);
  queue.push(batch, 4);
  EXPECT_EQ(queue.size(), 4U);
  EXPECT_EQ(queue.room(), 4U);
  EXPECT_EQ(batch.pop(), &jobs[4]);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(queue.pop(), &jobs[i]);
}

TEST(steal_queue, lets_half_be_stolen_rounded_up_oldest_first) {
  for (std::uint32_t waiting = 0; waiting <= 8; ++waiting) {
    std::array<job, 8> jobs;
    small_queue victim;
    small_queue thief;
    job_queue overflow;
    for (std::uint32_t i = 0; i < waiting; ++i) victim.push(jobs[i], overflow);
    const stolen_jobs loot = victim.steal_into(thief);
    EXPECT_EQ(loot.count, (waiting + 1) / 2);
    EXPECT_EQ(victim.size(), waiting / 2);
    EXPECT_EQ(loot.first, waiting == 0 ? nullptr : &jobs[0]);
    EXPECT_EQ(thief.size(), waiting == 0 ? 0 : loot.count - 1);
    for (std::uint32_t i = 1; i < loot.count; ++i) EXPECT_EQ(thief.pop(), &jobs[i]);
    for (std::uint32_t i = loot.count; i < waiting; ++i) EXPECT_EQ(victim.pop(), &jobs[i]);
  }
}

TEST(steal_queue, gives_a_thief_no_more_than_he_has_room_for) {
  std::array<job, 8> jobs;
  std::array<job, 8> his;
  small_queue victim;
  small_queue thief;
  job_queue overflow;
  for (job& j : jobs) victim.push(j, overflow);
  for (job& j : his) thief.push(j, overflow);
  const stolen_jobs loot = victim.steal_into(thief);
  EXPECT_EQ(loot.count, 1U);  // to run at once
  EXPECT_EQ(loot.first, &jobs[0]);
  EXPECT_EQ(thief.size(), 8U);
  EXPECT_EQ(victim.size(), 7U);
}

TEST(steal_queue, works_across_the_wrap_of_its_indices) {
  std::array<job, 8> jobs;
  small_queue queue(0xffff'fffeU);
  small_queue thief(0xffff'ffffU);
  job_queue overflow;
  for (int round = 0; round < 3; ++round) {
    for (job& j : jobs) EXPECT_EQ(queue.push(j, overflow), 0U);
    EXPECT_EQ(queue.size(), 8U);
    EXPECT_EQ(queue.steal_into(thief).first, &jobs[0]);
    for (int i = 1; i < 4; ++i) EXPECT_EQ(thief.pop(), &jobs[i]);
    for (int i = 4; i < 8; ++i) EXPECT_EQ(queue.pop(), &jobs[i]);
    EXPECT_EQ(queue.pop(), nullptr);
  }
}

struct counted_job : job {
  int payload = 0;           // written just before the push: whoever runs it must see it
  std::atomic<int> runs{0};  // relaxed
};

// One owner pushes and pops as chance has it, two thieves steal (from him and from each other) into
// queues of their own. A lost or doubled job fails the test, an unordered access is found by the
// thread sanitizer.
TEST(steal_queue, hands_every_job_to_exactly_one_of_three_threads) {
  constexpr int total = 100'000;
  constexpr int thieves = 2;
  const auto jobs = std::make_unique<counted_job[]>(total);
  small_queue owned;
  std::array<small_queue, thieves> loots;
  std::atomic<int> left{total};
  const auto run = [&](job* j) {
    auto& counted = static_cast<counted_job&>(*j);
    EXPECT_EQ(counted.payload, &counted - jobs.get());
    counted.runs.fetch_add(1, std::memory_order_relaxed);
    left.fetch_sub(1, std::memory_order_relaxed);
  };

  std::vector<std::thread> threads;
  for (int t = 0; t < thieves; ++t) {
    threads.emplace_back([&, t] {
      small_queue& mine = loots[t];
      while (left.load(std::memory_order_relaxed) > 0) {
        for (small_queue* victim : {&owned, &loots[1 - t]}) {
          const stolen_jobs loot = victim->steal_into(mine);
          if (loot.first == nullptr) {
            std::this_thread::yield();
            continue;
          }
          run(loot.first);
          // Leaves every third batch to the other thief.
          if (loot.count % 3 == 0) continue;
          while (job* const j = mine.pop()) run(j);
        }
        if (owned.empty()) {
          while (job* const j = mine.pop()) run(j);
        }
      }
    });
  }
  rondo::random_source random(rondo::testing::seed());
  for (int i = 0; i < total;) {
    for (auto burst = random.below(20); burst > 0 && i < total; --burst, ++i) {
      job_queue overflow;
      jobs[i].payload = i;
      owned.push(jobs[i], overflow);
      while (job* const j = overflow.pop()) run(j);
    }
    for (auto burst = random.below(12); burst > 0; --burst) {
      if (job* const j = owned.pop()) run(j);
    }
  }
  while (job* const j = owned.pop()) run(j);
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < total; ++i) ASSERT_EQ(jobs[i].runs.load(), 1) << "job " << i;
}

}  // namespace
