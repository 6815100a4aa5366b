#include "rondo/base/inbox.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <semaphore>
#include <thread>
#include <vector>

namespace {

using rondo::inbox;
using rondo::job;
using rondo::job_queue;

TEST(inbox, gives_its_jobs_in_the_order_of_the_pushes) {
  std::array<job, 4> jobs;
  inbox box;
  job_queue out;
  out.push(jobs[0]);
  box.push(jobs[1]);
  box.push(jobs[2]);
  box.push(jobs[3]);
  EXPECT_FALSE(box.empty());
  box.take_into(out);
  EXPECT_TRUE(box.empty());
  for (job& j : jobs) EXPECT_EQ(out.pop(), &j);
  EXPECT_TRUE(out.empty());
}

TEST(inbox, asks_for_a_wake_only_where_it_was_empty) {
  std::array<job, 3> jobs;
  inbox box;
  job_queue out;
  EXPECT_TRUE(box.push(jobs[0]));
  EXPECT_FALSE(box.push(jobs[1]));
  box.take_into(out);
  EXPECT_TRUE(box.push(jobs[2]));
}

TEST(inbox, gives_nothing_when_empty) {
  inbox box;
  job_queue out;
  box.take_into(out);
  EXPECT_TRUE(out.empty());
}

struct numbered_job : job {
  int producer = 0;
  int number = 0;
  int payload = 0;  // written just before the push: the taker must see it
};

// The taker sleeps whenever the inbox is empty and is woken only by the pushes that said so: a lost
// wake hangs the test, a lost, doubled or reordered job fails it, an unordered access is found by
// the thread sanitizer.
TEST(inbox, loses_nothing_and_keeps_each_producers_order) {
  constexpr int producers = 4;
  constexpr int each = 20'000;
  std::vector<std::vector<numbered_job>> jobs;
  for (int p = 0; p < producers; ++p) jobs.emplace_back(each);
  inbox box;
  std::counting_semaphore<> wakes(0);
  std::atomic<int> asked{0};

  std::vector<std::thread> threads;
  for (int p = 0; p < producers; ++p) {
    threads.emplace_back([&, p] {
      for (int i = 0; i < each; ++i) {
        numbered_job& j = jobs[p][i];
        j.producer = p;
        j.number = i;
        j.payload = p + i;
        if (box.push(j)) {
          asked.fetch_add(1, std::memory_order_relaxed);
          wakes.release();
        }
      }
    });
  }

  std::array<int, producers> next{};
  int taken = 0;
  int batches = 0;
  bool in_order = true;
  bool contents_seen = true;
  job_queue out;
  while (taken < producers * each) {
    wakes.acquire();
    box.take_into(out);
    if (!out.empty()) ++batches;
    while (job* popped = out.pop()) {
      const auto& j = static_cast<const numbered_job&>(*popped);
      in_order = in_order && next[j.producer] == j.number;
      contents_seen = contents_seen && j.payload == j.producer + j.number;
      ++next[j.producer];
      ++taken;
    }
  }
  for (std::thread& t : threads) t.join();
  EXPECT_TRUE(in_order);
  EXPECT_TRUE(contents_seen);
  EXPECT_EQ(taken, producers * each);
  EXPECT_EQ(asked.load(), batches) << "one wake for one emptying";
  EXPECT_TRUE(box.empty());
}

// A job may be posted again as soon as it was taken out: the same few nodes go round, which is
// where a lock-free stack that popped one by one would meet ABA.
TEST(inbox, takes_the_same_jobs_again_and_again) {
  struct round_job : job {
    std::binary_semaphore home{1};
  };
  constexpr int rounds = 5'000;
  std::array<std::array<round_job, 3>, 2> jobs;
  inbox box;
  std::counting_semaphore<> wakes(0);
  std::vector<std::thread> threads;
  for (auto& mine : jobs) {
    threads.emplace_back([&] {
      for (int i = 0; i < rounds; ++i) {
        round_job& j = mine[i % mine.size()];
        j.home.acquire();
        if (box.push(j)) wakes.release();
      }
    });
  }
  job_queue out;
  for (int taken = 0; taken < 2 * rounds;) {
    wakes.acquire();
    box.take_into(out);
    while (job* j = out.pop()) {
      ++taken;
      static_cast<round_job*>(j)->home.release();
    }
  }
  for (std::thread& t : threads) t.join();
  EXPECT_TRUE(box.empty());
}

}  // namespace
