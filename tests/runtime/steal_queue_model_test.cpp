// Every interleaving of small programs over the steal queue: each job is run once, by one who sees
// it whole, and no slot is written while it is read.
#include <gtest/gtest.h>

#include "runtime/model/jobs.hpp"
#include "runtime/model/mutants.hpp"
#include "runtime/steal_queue.hpp"

namespace {

using rondo::job;
using rondo::job_queue;
using rondo::stolen_jobs;
using namespace rondo::model;

template <std::uint32_t Capacity, std::size_t Jobs>
struct queue_program : program {
  using queue = rondo::basic_steal_queue<memory, Capacity>;
  using jobs_type = checked_jobs<Jobs>;

  // They begin just before the wrap of their indices.
  queue owned{0xffff'fffeU};
  queue loot_1{0xffff'ffffU};
  queue loot_2{0};
  jobs_type jobs;
  std::size_t pushed = 0;

  // The owner's.
  void push() {
    job_queue overflow;
    const std::uint32_t moved = owned.push(jobs.prepare(pushed++), overflow);
    std::uint32_t seen = 0;
    while (job* const j = overflow.pop()) {
      jobs_type::run(j);
      ++seen;
    }
    require(seen == moved, "the overflow isn't as long as it says");
  }
  static bool pop(queue& from) {
    job* const j = from.pop();
    if (j != nullptr) jobs_type::run(j);
    return j != nullptr;
  }
  static void steal(queue& from, queue& mine) {
    const stolen_jobs loot = from.steal_into(mine);
    require((loot.first != nullptr) == (loot.count != 0), "a count without a job");
    if (loot.first != nullptr) jobs_type::run(loot.first);
  }
  void finish() override {
    for (queue* q : {&owned, &loot_1, &loot_2}) {
      while (pop(*q)) {
      }
      require(q->empty(), "a queue without jobs isn't empty");
    }
    jobs.require_each_ran_once();
  }
};

struct one_thief : queue_program<4, 4> {
  static constexpr int threads = 2;
  void run(int thread) override {
    if (thread == 1) {
      push();
      push();
      pop(owned);
      push();
      pop(owned);
      push();
      pop(owned);
    } else {
      steal(owned, loot_1);
      pop(loot_1);
    }
  }
};

// The owner fills the queue and more while a thief is at work.
struct full_queue : queue_program<2, 5> {
  static constexpr int threads = 2;
  void run(int thread) override {
    if (thread == 1) {
      for (int i = 0; i < 5; ++i) push();
      pop(owned);
    } else {
      steal(owned, loot_1);
      steal(owned, loot_1);
      pop(loot_1);
    }
  }
};

struct two_thieves : queue_program<4, 3> {
  static constexpr int threads = 3;
  void run(int thread) override {
    if (thread == 1) {
      push();
      push();
      push();
      pop(owned);
    } else {
      steal(owned, thread == 2 ? loot_1 : loot_2);
    }
  }
};

// A thief is robbed of his loot.
struct robbed_thief : queue_program<4, 3> {
  static constexpr int threads = 2;
  robbed_thief() {
    for (int i = 0; i < 3; ++i) push();
  }
  void run(int thread) override {
    if (thread == 1) {
      steal(owned, loot_1);
      pop(loot_1);
    } else {
      steal(loot_1, loot_2);
      steal(owned, loot_2);
      pop(loot_2);
    }
  }
};

// Thieves of a queue that was filled in one go, and used before.
struct batch_and_thieves : queue_program<2, 4> {
  static constexpr int threads = 3;
  void run(int thread) override {
    if (thread == 1) {
      for (int round = 0; round < 2; ++round) {
        job_queue batch;
        const std::uint32_t count = std::min<std::uint32_t>(owned.room(), 2);
        for (std::uint32_t i = 0; i < 2; ++i) {
          job& j = jobs.prepare(pushed++);
          if (i < count) {
            batch.push(j);
          } else {
            jobs_type::run(&j);
          }
        }
        owned.push(batch, count);
      }
    } else {
      steal(owned, thread == 2 ? loot_1 : loot_2);
    }
  }
};

// Whoever looks from outside never sees more than there ever was.
struct looked_at : queue_program<4, 2> {
  static constexpr int threads = 2;
  void run(int thread) override {
    if (thread == 1) {
      push();
      pop(owned);
      push();
      pop(owned);
    } else {
      require(owned.size() <= 2, "more jobs than were pushed");
    }
  }
};

TEST(steal_queue_model, one_thief) {
  expect_sound<one_thief>("steal queue: one thief");
}
TEST(steal_queue_model, full_queue) {
  expect_sound<full_queue>("steal queue: full");
}
TEST(steal_queue_model, two_thieves) {
  expect_sound<two_thieves>("steal queue: two thieves");
}
TEST(steal_queue_model, robbed_thief) {
  expect_sound<robbed_thief>("steal queue: a robbed thief");
}
TEST(steal_queue_model, batches) {
  expect_sound<batch_and_thieves>("steal queue: batches");
}

TEST(steal_queue_model, looked_at) {
  expect_sound<looked_at>("steal queue: looked at");
}

TEST(steal_queue_model, each_order_is_needed) {
  const int mutants =
      expect_each_order_is_needed<looked_at, robbed_thief, batch_and_thieves, one_thief, full_queue,
                                  two_thieves>("steal_queue.hpp");
  EXPECT_GE(mutants, 9);
}

}  // namespace
