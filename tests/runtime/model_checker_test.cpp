// The checker itself, on programs whose outcomes are known: what C++20 forbids must never be seen,
// what it allows must be found.
#include <gtest/gtest.h>

#include <array>
#include <set>

#include <rondo/base/random.hpp>

#include "runtime/model/memory.hpp"
#include "support/seed.hpp"

namespace {

using namespace rondo::model;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto seq_cst = std::memory_order_seq_cst;

/// A program whose threads leave results, and whose every set of results is kept.
template <int Threads>
struct litmus : program {
  static constexpr int threads = Threads;
  static inline std::set<std::array<int, 4>> outcomes;
  std::array<int, 4> result{};
  void finish() override { outcomes.insert(result); }
};

template <class Program>
report explore_all() {
  Program::outcomes.clear();
  const report done = explore<Program>();
  EXPECT_EQ(done.failure, "");
  EXPECT_TRUE(done.complete);
  return done;
}

template <class Program>
bool can_end_with(std::array<int, 4> result) {
  explore_all<Program>();
  return Program::outcomes.contains(result);
}

// Each writes one variable and reads the other: may both miss the other's write?
template <std::memory_order Store, std::memory_order Load, bool Fenced>
struct store_buffering : litmus<2> {
  std::array<rondo::model::atomic<int>, 2> x{0, 0};
  void run(int thread) override {
    x[thread - 1].store(1, Store);
    if (Fenced) memory::fence();
    result[thread - 1] = x[2 - thread].load(Load);
  }
};

TEST(model_checker, finds_what_store_buffers_do) {
  EXPECT_TRUE((can_end_with<store_buffering<relaxed, relaxed, false>>({0, 0})));
  EXPECT_TRUE((can_end_with<store_buffering<release, acquire, false>>({0, 0})));
  EXPECT_TRUE((can_end_with<store_buffering<seq_cst, acquire, false>>({0, 0})));
  EXPECT_TRUE((can_end_with<store_buffering<release, seq_cst, false>>({0, 0})));
  EXPECT_FALSE((can_end_with<store_buffering<seq_cst, seq_cst, false>>({0, 0})));
  EXPECT_FALSE((can_end_with<store_buffering<relaxed, relaxed, true>>({0, 0})));
  EXPECT_TRUE((can_end_with<store_buffering<relaxed, relaxed, true>>({1, 0})));
  EXPECT_TRUE((can_end_with<store_buffering<relaxed, relaxed, true>>({1, 1})));
}

// One writes data and then a flag; the other reads the data where he sees the flag.
template <std::memory_order Store, std::memory_order Load>
struct message_passing : litmus<2> {
  plain<int> data{0};
  rondo::model::atomic<int> flag{0};
  void run(int thread) override {
    if (thread == 1) {
      data = 7;
      flag.store(1, Store);
    } else if (flag.load(Load) == 1) {
      result[0] = data;
    }
  }
};

TEST(model_checker, finds_races_where_release_or_acquire_is_missing) {
  explore_all<message_passing<release, acquire>>();
  EXPECT_EQ((message_passing<release, acquire>::outcomes.size()), 2U);
  EXPECT_TRUE((explore<message_passing<relaxed, acquire>>().failure.starts_with("a race")));
  EXPECT_TRUE((explore<message_passing<release, relaxed>>().failure.starts_with("a race")));
}

struct fences_pass_messages : litmus<2> {
  plain<int> data{0};
  rondo::model::atomic<int> flag{0};
  void run(int thread) override {
    if (thread == 1) {
      data = 7;
      memory::fence();
      flag.store(1, relaxed);
    } else if (flag.load(relaxed) == 1) {
      memory::fence();
      result[0] = data;
    }
  }
};

TEST(model_checker, knows_that_fences_release_and_acquire) {
  explore_all<fences_pass_messages>();
}

// A read-modify-write continues the release of what it replaces, a store does not.
template <bool Modify>
struct release_sequence : litmus<3> {
  plain<int> data{0};
  rondo::model::atomic<int> flag{0};
  void run(int thread) override {
    if (thread == 1) {
      data = 7;
      flag.store(1, release);
    } else if (thread == 2) {
      if (flag.load(relaxed) != 1) return;
      if (Modify) {
        flag.fetch_add(1, relaxed);
      } else {
        flag.store(2, relaxed);
      }
    } else if (flag.load(acquire) == 2) {
      result[0] = data;
    }
  }
};

TEST(model_checker, knows_release_sequences) {
  explore_all<release_sequence<true>>();
  EXPECT_TRUE(release_sequence<true>::outcomes.contains({7}));
  EXPECT_TRUE(explore<release_sequence<false>>().failure.starts_with("a race"));
}

// Two write, two read both in opposite orders: do they agree on which came first?
template <std::memory_order Store, std::memory_order Load>
struct independent_writes : litmus<4> {
  std::array<rondo::model::atomic<int>, 2> x{0, 0};
  void run(int thread) override {
    if (thread <= 2) {
      x[thread - 1].store(1, Store);
    } else {
      result[2 * thread - 6] = x[thread - 3].load(Load);
      result[2 * thread - 5] = x[4 - thread].load(Load);
    }
  }
};

TEST(model_checker, lets_readers_disagree_unless_all_is_seq_cst) {
  EXPECT_TRUE((can_end_with<independent_writes<release, acquire>>({1, 0, 1, 0})));
  EXPECT_FALSE((can_end_with<independent_writes<seq_cst, seq_cst>>({1, 0, 1, 0})));
}

struct coherence : litmus<2> {
  rondo::model::atomic<int> x{0};
  void run(int thread) override {
    if (thread == 1) {
      x.store(1, relaxed);
      x.store(2, relaxed);
    } else {
      for (int i = 0; i < 3; ++i) result[i] = x.load(relaxed);
    }
  }
};

TEST(model_checker, never_goes_back_in_the_history_of_one_atomic) {
  explore_all<coherence>();
  // Three reads that never decrease, out of 0, 1, 2.
  EXPECT_EQ(coherence::outcomes.size(), 10U);
  for (const auto& seen : coherence::outcomes) {
    EXPECT_LE(seen[0], seen[1]);
    EXPECT_LE(seen[1], seen[2]);
  }
}

// Who learns of a store through somebody else may not read what was before it.
struct coherence_across : litmus<3> {
  rondo::model::atomic<int> x{0};
  rondo::model::atomic<int> told{0};
  void run(int thread) override {
    if (thread == 1) {
      x.store(1, relaxed);
    } else if (thread == 2) {
      if (x.load(relaxed) == 1) told.store(1, release);
    } else if (told.load(acquire) == 1) {
      result[0] = 1 + x.load(relaxed);
    }
  }
};

TEST(model_checker, carries_what_was_read_along) {
  explore_all<coherence_across>();
  EXPECT_EQ(coherence_across::outcomes, (std::set<std::array<int, 4>>{{0}, {2}}));
}

struct counting : litmus<3> {
  rondo::model::atomic<int> x{0};
  void run(int thread) override { result[thread - 1] = x.fetch_add(1, relaxed); }
};

struct strangers : litmus<3> {
  std::array<rondo::model::atomic<int>, 3> x{0, 0, 0};
  void run(int thread) override {
    for (int i = 0; i < 5; ++i) x[thread - 1].fetch_add(1, acq_rel);
  }
};

TEST(model_checker, tries_each_order_that_matters_once) {
  EXPECT_EQ(explore_all<counting>().executions, 6U);  // 3!
  EXPECT_EQ(counting::outcomes.size(), 6U);
  EXPECT_EQ(explore_all<strangers>().executions, 1U);
}

// A compare-and-swap may fail with an old value, but it succeeds on the newest only.
struct swapping : litmus<2> {
  rondo::model::atomic<int> x{0};
  void run(int thread) override {
    int expected = 0;
    while (!x.compare_exchange_weak(expected, expected + 1, relaxed, relaxed)) {
    }
    result[thread - 1] = expected;
  }
};

TEST(model_checker, gives_a_swap_to_one) {
  explore_all<swapping>();
  EXPECT_EQ(swapping::outcomes, (std::set<std::array<int, 4>>{{0, 1}, {1, 0}}));
}

template <bool Locked>
struct locking : litmus<3> {
  mutex lock;
  plain<int> x{0};
  void run(int) override {
    if (Locked) lock.lock();
    x = x + 1;
    if (Locked) lock.unlock();
  }
  void finish() override { require(x == 3, "an increment was lost"); }
};

TEST(model_checker, knows_locks) {
  EXPECT_EQ(explore<locking<true>>().failure, "");
  EXPECT_TRUE(explore<locking<false>>().failure.starts_with("a race"));
}

template <bool SameOrder>
struct two_locks : litmus<2> {
  std::array<mutex, 2> locks;
  void run(int thread) override {
    const int first = SameOrder ? 0 : thread - 1;
    locks[first].lock();
    locks[1 - first].lock();
    locks[1 - first].unlock();
    locks[first].unlock();
  }
};

TEST(model_checker, finds_deadlocks) {
  EXPECT_EQ(explore<two_locks<true>>().failure, "");
  EXPECT_TRUE(explore<two_locks<false>>().failure.starts_with("all who are left wait for ever"));
}

// A wake is kept, but not counted.
template <int Sleeps>
struct sleeping : litmus<2> {
  bed where;
  void run(int thread) override {
    if (thread == 1) {
      for (int i = 0; i < Sleeps; ++i) where.sleep();
    } else {
      where.wake();
      where.wake();
    }
  }
};

TEST(model_checker, finds_who_is_never_woken) {
  EXPECT_EQ(explore<sleeping<1>>().failure, "");
  EXPECT_TRUE(explore<sleeping<2>>().failure.starts_with("all who are left wait for ever"));
}

TEST(model_checker, tells_how_it_came_to_a_failure) {
  const std::string story = explore<sleeping<2>>().failure;
  EXPECT_NE(story.find("thread 2"), std::string::npos) << story;
}

TEST(model_checker, can_weaken_one_order_at_a_time) {
  using sound = message_passing<release, acquire>;
  const report done = explore<sound>();
  ASSERT_EQ(done.sites.size(), 2U);
  for (const site& named : done.sites) {
    options weaker;
    weaker.mutated.where = named;
    EXPECT_TRUE(explore<sound>(weaker).failure.starts_with("a race")) << named.line;
  }
}

// Three threads of three steps each, drawn by lot, on two atomics.
struct drawn : litmus<3> {
  static inline std::uint64_t seed = 0;
  std::array<rondo::model::atomic<int>, 2> x{0, 0};

  void run(int thread) override {
    rondo::random_source random(seed * 16 + static_cast<std::uint64_t>(thread));
    int seen = 0;
    for (int i = 1; i <= 3; ++i) {
      constexpr std::array loads{relaxed, acquire, seq_cst};
      constexpr std::array stores{relaxed, release, seq_cst};
      auto& which = x[random.below(2)];
      const std::uint64_t how = random.below(3);
      const int value = thread * 4 + i;
      int expected = seen % 16;
      switch (random.below(6)) {
        case 0:
          which.store(value, stores[how]);
          break;
        case 1:
          seen = seen * 16 + which.exchange(value, relaxed);
          break;
        case 2:
          which.compare_exchange_strong(expected, value, acq_rel, loads[how]);
          seen = seen * 16 + expected;
          break;
        case 3:
          memory::fence();
          break;
        default:
          seen = seen * 16 + which.load(loads[how]);
          break;
      }
    }
    result[thread - 1] = seen;
  }
  void finish() override {
    result[3] = x[0].load(relaxed) * 16 + x[1].load(relaxed);
    litmus::finish();
  }
};

TEST(model_checker, misses_nothing_by_what_it_leaves_out) {
  rondo::random_source random(rondo::testing::seed());
  std::uint64_t all = 0;
  std::uint64_t reduced = 0;
  for (int i = 0; i < 10; ++i) {
    drawn::seed = random.next();
    reduced += explore_all<drawn>().executions;
    const auto outcomes = drawn::outcomes;
    drawn::outcomes.clear();
    options everything;
    everything.reduced = false;
    all += explore<drawn>(everything).executions;
    EXPECT_EQ(drawn::outcomes, outcomes) << drawn::seed;
  }
  std::printf("%llu executions stand for %llu\n", static_cast<unsigned long long>(reduced),
              static_cast<unsigned long long>(all));
}

struct endless : litmus<1> {
  rondo::model::atomic<int> x{0};
  void run(int) override {
    while (x.load(relaxed) == 0) {
    }
  }
};

TEST(model_checker, gives_up_on_a_loop_without_an_end) {
  EXPECT_TRUE(explore<endless>().failure.starts_with("no end in sight"));
}

}  // namespace
