// A task that blocks its thread holds up itself alone: what was queued on its worker is run by
// others, and so are the timers and the I/O of tasks that wait there. Each test blocks a worker
// until the others have done what it holds; where they don't, it hangs.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include <rondo/async/sleep.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/net/tcp_stream.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/task/spawn.hpp>

#include "runtime/crews.hpp"
#include "support/gate.hpp"

namespace rondo {
namespace {

using blocked_worker = testing::crew_test;
using testing::await_condition;
using testing::this_worker;

INSTANTIATE_TEST_SUITE_P(Crews, blocked_worker, ::testing::ValuesIn(testing::crews_of({2, 4})),
                         testing::crew_name);

/// In a task that moves, so that it may be any worker that blocks.
template <class Body>
task<> in_a_task_that_moves(Body body) {
  co_await with_parallel_scope([&](parallel_scope& all) -> task<> {
    all.spawn(body(all));
    co_return;
  });
}

TEST_P(blocked_worker, its_queue_is_run_by_others) {
  std::atomic<int> ran = 0;
  auto child = [&]() -> task<> {
    co_await yield_now();
    ++ran;
  };
  auto body = [&](parallel_scope& all) -> task<> {
    for (int i = 0; i < 50; ++i) all.spawn(child());
    await_condition([&] { return ran.load() == 50; });
    co_return;
  };
  run_here(in_a_task_that_moves(body));
  EXPECT_EQ(ran.load(), 50);
}

TEST_P(blocked_worker, who_was_woken_last_gets_out_of_its_slot) {
  event called;
  std::atomic<int> waiting = 0;
  std::atomic<int> heard = 0;
  auto hear = [&]() -> task<> {
    ++waiting;
    co_await called.wait();
    ++heard;
  };
  auto body = [&](parallel_scope& all) -> task<> {
    all.spawn(hear());
    while (waiting.load() == 0) co_await yield_now();
    co_await yield_now();
    called.set();
    await_condition([&] { return heard.load() == 1; });
  };
  run_here(in_a_task_that_moves(body));
  EXPECT_EQ(heard.load(), 1);
}

TEST_P(blocked_worker, timers_that_were_armed_there_ring) {
  std::atomic<bool> met = false;
  auto body = [&](parallel_scope& all) -> task<> {
    // Until the two are on one worker when the sleep begins.
    while (!met.load()) {
      std::atomic<int> sleeps_on = -1;
      std::atomic<bool> rang = false;
      auto sleep = [&]() -> task<> {
        const int here = co_await this_worker();
        sleeps_on = here;
        co_await sleep_for(duration::milliseconds(1));
        rang = true;
      };
      auto sleeper = all.spawn(sleep());
      while (sleeps_on.load() < 0) co_await yield_now();
      if (sleeps_on.load() == co_await this_worker()) {
        await_condition([&] { return rang.load(); });
        met = true;
      }
      co_await sleeper;
    }
  };
  run_here(in_a_task_that_moves(body));
  EXPECT_TRUE(met.load());
}

TEST_P(blocked_worker, bytes_that_arrive_for_a_task_there_are_read) {
  std::atomic<bool> met = false;
  auto body = [&](parallel_scope& all) -> task<> {
    auto listener = co_await tcp_listener::bind("127.0.0.1:0");
    const socket_address where = *listener.local_address();
    while (!met.load()) {
      tcp_stream mine = co_await tcp_stream::connect(where);
      tcp_stream theirs = co_await listener.accept();
      std::atomic<int> reads_on = -1;
      std::atomic<bool> has_read = false;
      auto read = [&]() -> task<> {
        const int here = co_await this_worker();
        reads_on = here;
        std::array<std::byte, 1> buffer{};
        co_await theirs.read(buffer);
        has_read = true;
      };
      auto reader = all.spawn(read());
      while (reads_on.load() < 0) co_await yield_now();
      co_await yield_now();
      co_await mine.write_all("x");
      if (reads_on.load() == co_await this_worker()) {
        await_condition([&] { return has_read.load(); });
        met = true;
      }
      co_await reader;
    }
  };
  run_here(in_a_task_that_moves(body));
  EXPECT_TRUE(met.load());
}

// The main task belongs to the first worker, and may block it when the others think that it sleeps:
// it was a timer that woke it, not a line in a queue.
TEST_P(blocked_worker, a_wake_from_outside_does_not_wait_for_one_that_blocks_in_its_loop) {
  constexpr int rounds = 5;
  for (int round = 0; round < rounds; ++round) {
    event called;
    std::atomic<bool> waiting = false;
    std::atomic<bool> blocked = false;
    std::atomic<bool> heard = false;
    auto hear = [&]() -> task<> {
      waiting = true;
      co_await called.wait();
      heard = true;
    };
    std::thread outside([&] {
      await_condition([&] { return blocked.load(); });
      called.set();
    });
    auto main = [&]() -> task<> {
      co_await with_parallel_scope([&](parallel_scope& all) -> task<> {
        all.spawn(hear());
        while (!waiting.load()) co_await sleep_for(duration::milliseconds(1));
        co_await sleep_for(duration::milliseconds(1));
        blocked = true;
        await_condition([&] { return heard.load(); });
      });
    };
    run_here(main());
    outside.join();
    EXPECT_TRUE(heard.load());
  }
}

}  // namespace
}  // namespace rondo
