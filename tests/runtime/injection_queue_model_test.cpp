// Every interleaving of a push, a batch, two takers and the end.
#include <gtest/gtest.h>

#include "runtime/injection_queue.hpp"
#include "runtime/model/jobs.hpp"

namespace {

using rondo::job;
using rondo::job_queue;
using namespace rondo::model;

struct injection : program {
  static constexpr int threads = 3;
  using jobs_type = checked_jobs<4>;
  rondo::basic_injection_queue<memory> queue;
  jobs_type jobs;

  void run(int thread) override {
    if (thread == 1) {
      if (!queue.push(jobs.prepare(0))) jobs_type::run(&jobs.prepare(0));
      job_queue batch;
      batch.push(jobs.prepare(1));
      batch.push(jobs.prepare(2));
      if (!queue.push(batch, 2)) drain(batch);
      require(batch.empty(), "a batch is taken in part");
    } else if (thread == 2) {
      job_queue taken;
      queue.pop(2, taken);
      drain(taken);
      if (job* const j = queue.pop()) jobs_type::run(j);
    } else {
      require(queue.push(jobs.prepare(3)), "nobody has closed it");
      require(queue.close(), "nobody else has closed it");
      require(!queue.close(), "it is closed");
      const std::size_t left = queue.size();
      require(left <= 4, "more than was pushed");
    }
  }
  static void drain(job_queue& from) {
    while (job* const j = from.pop()) jobs_type::run(j);
  }
  void finish() override {
    const std::size_t left = queue.size();
    job_queue rest;
    require(queue.pop(9, rest) == left && queue.empty(), "its length is wrong");
    drain(rest);
    jobs.require_each_ran_once();
  }
};

TEST(injection_queue_model, push_pop_close) {
  expect_sound<injection>("injection queue");
}

}  // namespace
