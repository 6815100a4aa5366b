// Every interleaving of small programs over the slot: each job goes to one, who sees it whole.

#include <gtest/gtest.h>

#include "runtime/model/jobs.hpp"
#include "runtime/model/mutants.hpp"
#include "runtime/next_slot.hpp"

namespace {

using rondo::job;
using namespace rondo::model;

using slot = rondo::basic_next_slot<memory>;

template <std::size_t Jobs>
struct slot_program : program {
  using jobs_type = checked_jobs<Jobs>;
  slot woken;
  jobs_type jobs;
  std::size_t pushed = 0;

  static void run_if(job* j) {
    if (j != nullptr) jobs_type::run(j);
  }
  void put() { run_if(woken.put(jobs.prepare(pushed++))); }
  void finish() override {
    run_if(woken.take());
    jobs.require_each_ran_once();
  }
};

struct owner_and_thief : slot_program<3> {
  static constexpr int threads = 2;
  void run(int thread) override {
    if (thread == 1) {
      put();
      put();
      run_if(woken.take());
      put();
      run_if(woken.take());
    } else {
      slot::look look;
      for (int i = 0; i < 4; ++i) run_if(woken.steal(look));
    }
  }
};

struct two_slot_thieves : slot_program<2> {
  static constexpr int threads = 3;
  void run(int thread) override {
    if (thread == 1) {
      put();
      put();
    } else {
      slot::look look;
      for (int i = 0; i < 3; ++i) run_if(woken.steal(look));
    }
  }
};

TEST(next_slot_model, owner_and_thief) {
  expect_sound<owner_and_thief>("slot: owner and thief");
}
TEST(next_slot_model, two_thieves) {
  expect_sound<two_slot_thieves>("slot: two thieves");
}

TEST(next_slot_model, each_order_is_needed) {
  const int mutants =
      expect_each_order_is_needed<two_slot_thieves, owner_and_thief>("next_slot.hpp");
  EXPECT_EQ(mutants, 2);
}

}  // namespace
