#include "runtime/next_slot.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace {

using rondo::job;
using rondo::next_slot;

TEST(next_slot, holds_the_last_and_answers_the_one_before) {
  job first;
  job second;
  next_slot slot;
  EXPECT_EQ(slot.take(), nullptr);
  EXPECT_EQ(slot.put(first), nullptr);
  EXPECT_EQ(slot.put(second), &first);
  EXPECT_FALSE(slot.empty());
  EXPECT_EQ(slot.take(), &second);
  EXPECT_EQ(slot.take(), nullptr);
  EXPECT_TRUE(slot.empty());
}

TEST(next_slot, gives_a_thief_only_what_he_saw_before) {
  job only;
  next_slot slot;
  next_slot::look look;
  EXPECT_EQ(slot.steal(look), nullptr);
  slot.put(only);
  EXPECT_EQ(slot.steal(look), nullptr);
  EXPECT_EQ(slot.steal(look), &only);
  EXPECT_EQ(slot.steal(look), nullptr);
  EXPECT_TRUE(slot.empty());
}

TEST(next_slot, leaves_those_alone_that_wake_each_other) {
  job ping;
  job pong;
  next_slot slot;
  next_slot::look look;
  for (int i = 0; i < 100; ++i) {
    slot.put(i % 2 == 0 ? ping : pong);
    EXPECT_EQ(slot.steal(look), nullptr) << i;  // it's another one than at the last look
    EXPECT_EQ(slot.take(), i % 2 == 0 ? &ping : &pong);
  }
}

TEST(next_slot, takes_the_same_job_put_again_for_a_new_one) {
  job only;
  next_slot slot;
  next_slot::look look;
  slot.put(only);
  EXPECT_EQ(slot.steal(look), nullptr);
  EXPECT_EQ(slot.take(), &only);
  slot.put(only);
  EXPECT_EQ(slot.steal(look), nullptr);
}

struct counted_job : job {
  int payload = 0;
  std::atomic<int> runs{0};
};

TEST(next_slot, hands_every_job_to_the_owner_or_to_the_thief) {
  constexpr int total = 100'000;
  const auto jobs = std::make_unique<counted_job[]>(total);
  next_slot slot;
  std::atomic<bool> done{false};
  const auto run = [&](job* j) {
    auto& counted = static_cast<counted_job&>(*j);
    EXPECT_EQ(counted.payload, &counted - jobs.get());
    counted.runs.fetch_add(1, std::memory_order_relaxed);
  };
  std::thread thief([&] {
    next_slot::look look;
    while (!done.load(std::memory_order_relaxed)) {
      if (job* const j = slot.steal(look)) run(j);
    }
  });
  for (int i = 0; i < total; ++i) {
    jobs[i].payload = i;
    if (job* const before = slot.put(jobs[i])) run(before);
    if (i % 3 == 0) std::this_thread::yield();
    if (i % 2 == 0) continue;
    if (job* const j = slot.take()) run(j);
  }
  done.store(true, std::memory_order_relaxed);
  thief.join();
  if (job* const j = slot.take()) run(j);
  for (int i = 0; i < total; ++i) ASSERT_EQ(jobs[i].runs.load(), 1) << "job " << i;
}

}  // namespace
