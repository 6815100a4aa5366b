#include "runtime/injection_queue.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace {

using rondo::injection_queue;
using rondo::job;
using rondo::job_queue;

TEST(injection_queue, gives_the_oldest_first) {
  std::array<job, 4> jobs;
  injection_queue queue;
  EXPECT_EQ(queue.pop(), nullptr);
  EXPECT_TRUE(queue.push(jobs[0]));
  job_queue batch;
  for (int i = 1; i < 4; ++i) batch.push(jobs[i]);
  EXPECT_TRUE(queue.push(batch, 3));
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(queue.size(), 4U);
  EXPECT_EQ(queue.pop(), &jobs[0]);
  job_queue out;
  EXPECT_EQ(queue.pop(2, out), 2U);
  EXPECT_EQ(queue.pop(2, out), 1U);
  EXPECT_EQ(queue.pop(2, out), 0U);
  for (int i = 1; i < 4; ++i) EXPECT_EQ(out.pop(), &jobs[i]);
  EXPECT_TRUE(queue.empty());
}

TEST(injection_queue, shares_what_it_has_among_the_workers) {
  std::array<job, 10> jobs;
  injection_queue queue;
  EXPECT_EQ(queue.share(4), 1U);
  for (job& j : jobs) queue.push(j);
  EXPECT_EQ(queue.share(4), 3U);
  EXPECT_EQ(queue.share(1), 11U);  // pop takes what is there
  job_queue out;
  EXPECT_EQ(queue.pop(queue.share(1), out), 10U);
}

TEST(injection_queue, takes_nothing_after_it_was_closed_and_keeps_what_it_has) {
  std::array<job, 3> jobs;
  injection_queue queue;
  EXPECT_TRUE(queue.push(jobs[0]));
  EXPECT_TRUE(queue.close());
  EXPECT_FALSE(queue.close());
  EXPECT_FALSE(queue.push(jobs[1]));
  job_queue batch;
  batch.push(jobs[1]);
  batch.push(jobs[2]);
  EXPECT_FALSE(queue.push(batch, 2));
  EXPECT_EQ(batch.pop(), &jobs[1]);  // still the caller's
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(queue.pop(), &jobs[0]);
  EXPECT_EQ(queue.pop(), nullptr);
}

struct numbered_job : job {
  int producer = 0;
  int number = 0;
};

// Each taker sees each producer's jobs in the order of the pushes; all of them are taken once.
TEST(injection_queue, keeps_each_producers_order_and_loses_nothing) {
  constexpr int producers = 2;
  constexpr int takers = 2;
  constexpr int each = 30'000;
  const auto jobs = std::make_unique<numbered_job[]>(producers * each);
  injection_queue queue;
  std::atomic<int> left{producers * each};

  std::vector<std::thread> threads;
  for (int p = 0; p < producers; ++p) {
    threads.emplace_back([&, p] {
      job_queue batch;
      std::size_t in_batch = 0;
      for (int i = 0; i < each; ++i) {
        numbered_job& j = jobs[p * each + i];
        j.producer = p;
        j.number = i;
        batch.push(j);
        if (++in_batch < 1 + static_cast<std::size_t>(i % 4)) continue;
        EXPECT_TRUE(queue.push(batch, in_batch));
        in_batch = 0;
      }
      EXPECT_TRUE(queue.push(batch, in_batch));
    });
  }
  for (int t = 0; t < takers; ++t) {
    threads.emplace_back([&] {
      std::array<int, producers> last;
      last.fill(-1);
      while (left.load(std::memory_order_relaxed) > 0) {
        job_queue mine;
        if (queue.pop(queue.share(takers), mine) == 0) std::this_thread::yield();
        while (job* const j = mine.pop()) {
          const auto& numbered = static_cast<numbered_job&>(*j);
          EXPECT_LT(last[numbered.producer], numbered.number);
          last[numbered.producer] = numbered.number;
          left.fetch_sub(1, std::memory_order_relaxed);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(left.load(), 0);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
