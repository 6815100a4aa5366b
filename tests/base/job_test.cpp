#include "rondo/base/job.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <random>
#include <vector>

#include "support/seed.hpp"

namespace {

using rondo::job;
using rondo::job_queue;

std::vector<job*> drain(job_queue& queue) {
  std::vector<job*> all;
  while (job* j = queue.pop()) all.push_back(j);
  return all;
}

TEST(job, is_two_words) {
  static_assert(sizeof(job) == 2 * sizeof(void*));
}

TEST(job, runs_its_function_on_itself) {
  struct counter : job {
    counter() noexcept : job([](job& j) { ++static_cast<counter&>(j).runs; }) {}
    int runs = 0;
  };
  counter c;
  c.run(c);
  EXPECT_EQ(c.runs, 1);
}

TEST(job_queue, gives_nothing_when_empty) {
  job_queue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.pop(), nullptr);
}

TEST(job_queue, is_usable_after_its_last_job_was_removed) {
  std::array<job, 3> jobs;
  job_queue queue;
  queue.push(jobs[0]);
  EXPECT_TRUE(queue.remove(jobs[0]));
  EXPECT_TRUE(queue.empty());
  queue.push(jobs[1]);
  queue.push(jobs[2]);
  EXPECT_TRUE(queue.remove(jobs[2]));
  queue.push(jobs[0]);
  EXPECT_EQ(drain(queue), (std::vector<job*>{&jobs[1], &jobs[0]}));
}

// Two queues against two deques: every operation, in a random order.
TEST(job_queue, behaves_like_a_deque) {
  std::mt19937_64 random(rondo::testing::seed());
  std::array<job, 24> jobs;
  std::array<job_queue, 2> queues;
  std::array<std::deque<job*>, 2> models;
  std::vector<job*> outside;
  for (job& j : jobs) outside.push_back(&j);

  for (int step = 0; step < 50'000; ++step) {
    const std::size_t side = random() % 2;
    job_queue& queue = queues[side];
    std::deque<job*>& model = models[side];
    switch (random() % 6) {
      case 0:
      case 1:
        if (outside.empty()) break;
        queue.push(*outside.back());
        model.push_back(outside.back());
        outside.pop_back();
        break;
      case 2:
        if (outside.empty()) break;
        queue.push_front(*outside.back());
        model.push_front(outside.back());
        outside.pop_back();
        break;
      case 3: {
        job* const popped = queue.pop();
        ASSERT_EQ(popped, model.empty() ? nullptr : model.front());
        if (popped == nullptr) break;
        model.pop_front();
        outside.push_back(popped);
        break;
      }
      case 4: {
        job& wanted = jobs[random() % jobs.size()];
        const auto at = std::ranges::find(model, &wanted);
        ASSERT_EQ(queue.remove(wanted), at != model.end());
        if (at == model.end()) break;
        model.erase(at);
        outside.push_back(&wanted);
        break;
      }
      default:
        if (random() % 8 != 0) break;
        queue.append(queues[1 - side]);
        model.insert(model.end(), models[1 - side].begin(), models[1 - side].end());
        models[1 - side].clear();
    }
    ASSERT_EQ(queues[0].empty(), models[0].empty());
    ASSERT_EQ(queues[1].empty(), models[1].empty());
  }
  for (std::size_t side : {0, 1}) {
    EXPECT_EQ(drain(queues[side]), (std::vector<job*>(models[side].begin(), models[side].end())));
  }
}

}  // namespace
