// Who is always ready must not starve who is ready, too. All bounds are counts of what the worker
// ran meanwhile, never times.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include <rondo/async/yield.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/task/spawn.hpp>

#include "runtime/crews.hpp"
#include "support/gate.hpp"

namespace rondo {
namespace {

using fairness = testing::crew_test;

INSTANTIATE_TEST_SUITE_P(Crews, fairness, ::testing::ValuesIn(testing::crews_of({1, 2, 4})),
                         testing::crew_name);

/// A line counts here each time it is run; only the worker's own thread does.
struct polls_of_worker {
  alignas(64) std::atomic<int> count{0};
};

/// Work that leaves no time for others but where it yields.
int burn(int seed) {
  unsigned value = static_cast<unsigned>(seed);
  for (int i = 0; i < 200; ++i) value = value * 1'664'525U + 1'013'904'223U;
  return static_cast<int>(value >> 31U);
}

// None of them ends before all have had so many turns: whoever is starved hangs the test. One
// worker alone keeps their order, too: between two turns of one it runs each of the others once, or
// twice where it came from the common queue.
TEST_P(fairness, each_of_many_busy_tasks_has_its_turn) {
  constexpr int tasks = 24;
  constexpr int turns = 500;
  std::vector<polls_of_worker> polls(static_cast<std::size_t>(GetParam().workers));
  std::atomic<int> longest_wait = 0;
  std::atomic<int> sink = 0;
  std::atomic<int> left = tasks;
  auto spin = [&]() -> task<> {
    int counted_by = -1;
    int count_then = 0;
    for (int i = 0; left.load() > 0; ++i) {
      const int here = co_await testing::this_worker();
      const int now = ++polls[static_cast<std::size_t>(here)].count;
      if (here == counted_by) {
        const int waited = now - count_then - 1;
        int longest = longest_wait.load();
        while (waited > longest && !longest_wait.compare_exchange_weak(longest, waited)) {
        }
      }
      counted_by = here;
      count_then = now;
      sink += burn(i);
      if (i + 1 == turns) --left;
      co_await yield_now();
    }
  };
  auto main = [&]() -> task<> {
    co_await with_parallel_scope([&](parallel_scope& all) -> task<> {
      for (int i = 0; i < tasks; ++i) all.spawn(spin());
      co_return;
    });
  };
  run_here(main());
  EXPECT_EQ(left.load(), 0);
  if (GetParam().workers == 1) {
    EXPECT_LE(longest_wait.load(), 2 * tasks);
  }
}

// Two that wake each other always have the next turn by their slot; the third is in the queue.
TEST_P(fairness, two_that_wake_each_other_leave_turns_to_a_third) {
  channel<int> there(1);
  channel<int> back(1);
  std::atomic<int> messages = 0;
  std::atomic<bool> done = false;
  std::atomic<int> longest_wait = 0;
  auto pong = [&]() -> task<> {
    for (;;) {
      auto ball = co_await there.receive();
      if (!ball) break;
      co_await back.send(*ball);
    }
  };
  auto ping = [&]() -> task<> {
    for (int i = 0; !done.load(); ++i) {
      co_await there.send(i);
      co_await back.receive();
      ++messages;
    }
    there.close();
  };
  auto third = [&]() -> task<> {
    while (messages.load() == 0) co_await yield_now();  // until the two are at it
    for (int turn = 0; turn < 500; ++turn) {
      const int before = messages.load();
      const int worker = co_await testing::this_worker();
      co_await yield_now();
      // With more than one worker the two may have one of their own.
      if (GetParam().workers > 1 || worker != co_await testing::this_worker()) continue;
      longest_wait = std::max(longest_wait.load(), messages.load() - before);
    }
    done = true;
  };
  auto main = [&]() -> task<> {
    co_await with_parallel_scope([&](parallel_scope& all) -> task<> {
      all.spawn(pong());
      all.spawn(ping());
      all.spawn(third());
      co_return;
    });
  };
  run_here(main());
  EXPECT_TRUE(done.load());
  EXPECT_LE(longest_wait.load(), 8);
}

// What comes from outside of the crew goes to the common queue, which busy workers look at every so
// many lines.
TEST_P(fairness, a_wake_from_outside_is_not_held_up_by_local_work) {
  constexpr int busy_tasks = 10;
  std::atomic<int> polls = 0;
  std::atomic<bool> done = false;
  event called;
  std::atomic<int> polls_when_called = -1;
  std::atomic<int> polls_when_heard = -1;
  auto spin = [&]() -> task<> {
    while (!done.load()) {
      ++polls;
      co_await yield_now();
    }
  };
  auto hear = [&]() -> task<> {
    co_await called.wait();
    polls_when_heard = polls.load();
    testing::await_condition([&] { return polls_when_called.load() >= 0; });
    done = true;
  };
  std::thread outside([&] {
    testing::await_condition([&] { return polls.load() > 1'000; });
    called.set();
    polls_when_called = polls.load();
  });
  auto main = [&]() -> task<> {
    co_await with_parallel_scope([&](parallel_scope& all) -> task<> {
      all.spawn(hear());
      for (int i = 0; i < busy_tasks; ++i) all.spawn(spin());
      co_return;
    });
  };
  run_here(main());
  outside.join();
  // One worker: 31 lines until it looks, and one round of those before.
  if (GetParam().workers == 1) {
    EXPECT_LE(polls_when_heard.load() - polls_when_called.load(), 31 + busy_tasks);
  }
  EXPECT_GE(polls_when_heard.load(), 0);
}

}  // namespace
}  // namespace rondo
