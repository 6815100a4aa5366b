// Every interleaving of workers that go to sleep and of others who bring them work: nobody sleeps
// while a job waits, and in the end the counts are right. And that the checker finds it where a
// step of the protocol is left out.
#include "runtime/idle_workers.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "runtime/model/jobs.hpp"
#include "runtime/model/mutants.hpp"
#include "runtime/next_slot.hpp"

namespace {

using rondo::job;
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
template <int Workers, int Pushers, int JobsEach, keeps Keeps = keeps::all, int Parked = 0>
struct sleepers : program {
  static constexpr int threads = Workers + Pushers;
  rondo::basic_idle_workers<memory> idle{Workers};
  heap_of_work work;
  std::array<bed, Workers> beds;
  std::array<int, Workers> ran{};

  sleepers() {
    for (int w = 0; w < Parked; ++w) static_cast<void>(idle.park(w, {}));
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
    bool searching = me < Parked && sleep(me);
    for (;;) {
      if (!searching) searching = idle.begin_searching();
      if (work.pop()) {
        if (searching && idle.end_searching() && Keeps != keeps::no_relay) wake_one();
        searching = false;
        run_job(me);
        continue;
      }
      bool look_again = idle.park(me, {.searching = searching});
      if (Keeps == keeps::no_second_look) look_again = false;
      if (look_again && !work.empty()) wake_one();
      searching = sleep(me);
    }
  }
  virtual void run_job(int me) { ++ran[me]; }
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
  expect_sound<sleepers<1, 1, 2>>("park: 1 worker, 2 jobs");
  expect_sound<sleepers<1, 2, 1>>("park: 1 worker, 2 pushers");
}

TEST(idle_workers_model, several_workers) {
  expect_sound<sleepers<2, 1, 1, keeps::all, 1>>("park: 1 asleep, 1 about to, 1 job");
  expect_sound<sleepers<3, 1, 1, keeps::all, 3>>("park: 3 asleep, 1 job");
}

TEST(idle_workers_model, several_workers_by_lot) {
  expect_sound_by_lot<sleepers<2, 2, 1, keeps::all, 2>>("park: 2 asleep, 2 pushers");
  expect_sound_by_lot<sleepers<2, 1, 2, keeps::all, 2>>("park: 2 asleep, 2 jobs");
  expect_sound_by_lot<sleepers<2, 1, 1>>("park: 2 about to sleep, 1 job");
  expect_sound_by_lot<sleepers<3, 1, 2, keeps::all, 2>>("park: 2 asleep, 1 about to, 2 jobs");
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

/// Two sleeping workers and two jobs, the first of which ends only when the second has been run: so
/// who runs the first can't run the second.
template <keeps Keeps>
struct one_blocks : sleepers<2, 1, 2, Keeps, 2> {
  rondo::model::atomic<int> started{0};
  bed second_ran;

  void run_job(int me) override {
    if (started.fetch_add(1, std::memory_order_relaxed) == 0) {
      second_ran.sleep();
    } else {
      second_ran.wake();
    }
    ++this->ran[me];
  }
};

TEST(idle_workers_model, a_worker_that_blocks_strands_nothing) {
  expect_sound_by_lot<one_blocks<keeps::all>>("park: 1 blocks, 1 asleep");
  const report found = explore<one_blocks<keeps::no_relay>>();
  EXPECT_TRUE(found.failure.starts_with("all sleep, and a job waits")) << found.failure;
}

/// Two sleeping workers, and the one who is named is kept by something else until the job has been
/// run.
template <bool Noticed>
struct one_is_kept : sleepers<2, 1, 1, keeps::all, 2> {
  bed job_ran;

  void run(int thread) override {
    if (thread == 3) {
      work.push();
      wake_one();
      if (Noticed && idle.pass_over(1)) wake_one();
    } else {
      if (thread == 2) job_ran.sleep();
      serve(thread - 1);
    }
  }
  void run_job(int me) override {
    ++ran[me];
    job_ran.wake();
  }
};

TEST(idle_workers_model, who_is_kept_is_passed_over) {
  expect_sound<one_is_kept<true>>("park: 1 asleep, 1 kept by something else");
  const report found = explore<one_is_kept<false>>();
  EXPECT_TRUE(found.failure.starts_with("all sleep, and a job waits")) << found.failure;
}

/// The worker 0 puts a job into its slot, perhaps more than once, and then blocks for ever.
template <int Puts, bool KeepsDeadline = true>
struct slot_of_a_blocked_worker : program {
  static constexpr int threads = 2;
  rondo::basic_idle_workers<memory> idle{2};
  rondo::basic_next_slot<memory> slot;
  checked_jobs<Puts> jobs;
  bed bed_of_1;

  void look_at_slot() {
    if (idle.watcher_to_wake() == 1) bed_of_1.wake();
  }
  void run(int thread) override {
    if (thread == 2) {
      serve();
      return;
    }
    for (int i = 0; i < Puts; ++i) {
      if (i > 0) {
        if (job* const j = slot.take()) jobs.run(j);
      }
      slot.put(jobs.prepare(static_cast<std::size_t>(i)));
      look_at_slot();
    }
  }
  void serve() {
    typename rondo::basic_next_slot<memory>::look look;
    bool searching = false;
    for (;;) {
      if (!searching) searching = idle.begin_searching();
      if (job* const j = slot.steal(look)) {
        if (searching && idle.end_searching() && idle.worker_to_wake() == 1) bed_of_1.wake();
        searching = false;
        jobs.run(j);
        continue;
      }
      const bool watching = !slot.empty();
      const bool look_again = idle.park(1, {.searching = searching, .watching = watching});
      if (look_again && !watching && !slot.empty()) look_at_slot();
      if (!watching || !KeepsDeadline) bed_of_1.sleep();  // otherwise the time is over
      searching = idle.unpark(1);
    }
  }
  bool may_rest() override { return true; }
  void finish() override {
    require(jobs.all_ran(), "all sleep, and a job waits");
    const auto now = idle.now();
    require(now.sleeping == 1 && now.searching == 0 && now.watching == 0, "the counts are wrong");
  }
};

TEST(idle_workers_model, a_watcher_takes_the_job_of_a_blocked_worker) {
  expect_sound<slot_of_a_blocked_worker<1>>("watch: 1 put");
  expect_sound_by_lot<slot_of_a_blocked_worker<2>>("watch: 2 puts");
  const report found = explore<slot_of_a_blocked_worker<1, false>>();
  EXPECT_TRUE(found.failure.starts_with("all sleep, and a job waits")) << found.failure;
}

}  // namespace
