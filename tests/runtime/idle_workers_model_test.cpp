// Every interleaving of workers that go to sleep and of others who bring them work: nobody sleeps
// while a job waits, and in the end the counts are right. And that the checker finds it where a
// step of the protocol is left out.
#include "runtime/idle_workers.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "runtime/model/jobs.hpp"
#include "runtime/model/mutants.hpp"

namespace {

using namespace rondo::model;

/// The least that jobs can be taken from: so many are there. (The queues have tests of their own.)
class heap_of_work {
 public:
  void push() { waiting_.fetch_add(1, std::memory_order_relaxed); }
  bool pop() {
    int seen = waiting_.load(std::memory_order_relaxed);
    while (seen > 0) {
      if (waiting_.compare_exchange_weak(seen, seen - 1, std::memory_order_relaxed,
                                         std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }
  bool empty() const { return waiting_.load(std::memory_order_relaxed) == 0; }

 private:
  rondo::model::atomic<int> waiting_{0};
};

/// What of the protocol the workers keep.
enum class keeps : std::uint8_t {
  all,
  no_second_look,  // who is told to look again doesn't
  no_relay,        // the last searcher who finds something doesn't pass the search on
};

/// Workers who share an injection queue, and others who push into it.
template <int Workers, int Pushers, int JobsEach, keeps Keeps = keeps::all, bool Parked = false>
struct sleepers : program {
  static constexpr int threads = Workers + Pushers;
  rondo::basic_idle_workers<memory> idle{Workers};
  heap_of_work work;
  std::array<bed, Workers> beds;
  std::array<int, Workers> ran{};

  sleepers() {
    for (int w = 0; Parked && w < Workers; ++w) static_cast<void>(idle.park(w, {}));
  }

  bool wake_one() {
    const int named = idle.worker_to_wake();
    if (named >= 0) beds[named].wake();
    return named >= 0;
  }

  void run(int thread) override {
    if (thread <= Workers) {
      serve(thread - 1);
    } else {
      for (int i = 0; i < JobsEach; ++i) {
        work.push();
        wake_one();
      }
    }
  }

  void serve(int me) {
    bool searching = Parked && sleep(me);
    for (;;) {
      if (!searching) searching = idle.begin_searching();
      if (work.pop()) {
        if (searching && idle.end_searching() && Keeps != keeps::no_relay) wake_one();
        searching = false;
        ++ran[me];
        continue;
      }
      bool look_again = idle.park(me, {.searching = searching});
      if (Keeps == keeps::no_second_look) look_again = false;
      if (look_again && !work.empty()) wake_one();
      searching = sleep(me);
    }
  }
  bool sleep(int me) {
    beds[me].sleep();
    return idle.unpark(me);
  }

  bool may_rest() override { return true; }
  void finish() override {
    require(std::accumulate(ran.begin(), ran.end(), 0) == Pushers * JobsEach,
            "all sleep, and a job waits");
    const auto now = idle.now();
    require(now.sleeping == Workers && now.searching == 0 && now.watching == 0,
            "all sleep, and the counts say otherwise");
  }
};

TEST(idle_workers_model, one_worker) {
  expect_sound<sleepers<1, 1, 2>>("park: 1 worker, 1 pusher, 2 jobs");
}

// What is left out must be missed.
TEST(idle_workers_model, needs_the_second_look) {
  const report found = explore<sleepers<1, 1, 1, keeps::no_second_look>>();
  EXPECT_TRUE(found.failure.starts_with("all sleep, and a job waits")) << found.failure;
}

TEST(idle_workers_model, needs_both_fences) {
  const int mutants = expect_each_order_is_needed<sleepers<1, 1, 1>>("idle_workers.hpp");
  EXPECT_EQ(mutants, 2);
}

}  // namespace
