// What an inspector sees of programs whose behaviour is known.
#include <rondo/observe/inspect.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include <rondo/async/offload.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/net/unix_stream.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/spawn.hpp>
#include <rondo/task/when_all.hpp>
#include <rondo/task/when_any.hpp>

#include "observe/looking.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::event;
using rondo::mutex;
using rondo::scope;
using rondo::sleep_for;
using rondo::task;
using rondo::yield_now;
using rondo::observe::inspect;
using rondo::observe::inspector;
using rondo::observe::snapshot;
using rondo::observe::suspicion;
using rondo::observe::task_state;
using rondo::observe::task_view;
using rondo::testing::find;
using rondo::testing::has;
using rondo::testing::in_scope;
using rondo::testing::quietly;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(inspect, SeesAWaitingTask) {
  auto main = []() -> task<> {
    inspector see = co_await inspect(quietly());
    event never;
    auto waits = [&]() -> task<> { co_await never.wait(); };
    auto body = [&](scope& all) -> task<> {
      all.spawn("waits", waits());
      co_await yield_now();
      const snapshot s = see.look();
      const task_view& t = find(s, "waits");
      EXPECT_EQ(t.state, task_state::waiting);
      EXPECT_EQ(t.waits_for, "an event");
      EXPECT_THAT(t.waits_at.file_name(), HasSubstr("inspect_test.cpp"));
      EXPECT_THAT(t.spawned_at.file_name(), HasSubstr("inspect_test.cpp"));
      EXPECT_EQ(t.polls, 1U);
      EXPECT_EQ(t.wakes, 0U);
      EXPECT_NE(t.on, nullptr);
      EXPECT_EQ(find(s, "main").id, t.parent);
      EXPECT_THAT(s.deadlocks, IsEmpty());
    };
    co_await in_scope(body);
  };
  rondo::run(main());
}

TEST(inspect, TakesInWhoWasThereBefore) {
  auto main = []() -> task<> {
    event never;
    auto inner = [&]() -> task<> { co_await never.wait(); };
    auto waits = [&]() -> task<> { co_await inner(); };
    auto body = [&](scope& all) -> task<> {
      all.spawn("early", waits());
      co_await yield_now();
      inspector see = co_await inspect(quietly());
      const snapshot s = see.look();
      const task_view& t = find(s, "early");
      EXPECT_EQ(t.state, task_state::waiting);
      EXPECT_EQ(t.polls, 0U);  // none that was seen
      EXPECT_EQ(t.awaited_at.size(), 1U);
      EXPECT_NE(t.parent, 0U);
    };
    co_await in_scope(body);
  };
  rondo::run(main());
}

TEST(inspect, SeesItself) {
  auto main = []() -> task<> {
    inspector see = co_await inspect(quietly());
    EXPECT_EQ(find(see.look(), "main").state, task_state::running);
    co_await sleep_for(1ms);
    const snapshot s = see.look();
    EXPECT_EQ(find(s, "main").state, task_state::running);
    EXPECT_EQ(find(s, "main").polls, 1U);
  };
  rondo::run(main());
}

TEST(inspect, SeesWhoSpins) {
  auto main = []() -> task<> {
    inspector see = co_await inspect(quietly());
    auto spins = []() -> task<> {
      for (;;) co_await yield_now();
    };
    auto body = [&](scope& all) -> task<> {
      all.spawn("spins", spins());
      for (int i = 0; i < 200; ++i) co_await yield_now();
      const snapshot s = see.look();
      EXPECT_TRUE(has(find(s, "spins"), suspicion::wakes_itself));
      EXPECT_EQ(find(s, "spins").woken_by, find(s, "spins").id);
    };
    co_await in_scope(body);
  };
  rondo::run(main());
}

TEST(inspect, SeesWhoWokeWhom) {
  auto main = []() -> task<> {
    inspector see = co_await inspect(quietly());
    event first, second, never;
    auto woken = [&]() -> task<> {
      co_await first.wait();
      co_await never.wait();
    };
    auto wakes = [&]() -> task<> {
      first.set();
      co_await never.wait();
    };
    auto body = [&](scope& all) -> task<> {
      all.spawn("woken", woken());
      all.spawn("wakes", wakes());
      for (int i = 0; i < 3; ++i) co_await yield_now();
      const snapshot s = see.look();
      EXPECT_EQ(find(s, "woken").woken_by, find(s, "wakes").id);
      EXPECT_EQ(find(s, "woken").wakes, 1U);
      EXPECT_EQ(find(s, "woken").self_wakes, 0U);
      EXPECT_EQ(find(s, "woken").polls, 2U);
    };
    co_await in_scope(body);
  };
  rondo::run(main());
}

TEST(inspect, SeesWakeUpsThatWereLost) {
  auto main = []() -> task<> {
    auto options = quietly();
    options.overdue = 1ms;
    inspector see = co_await inspect(options);
    event never;
    auto waits = [&]() -> task<> { co_await never.wait(); };
    auto body = [&](scope& all) -> task<> {
      const auto handle = all.spawn("forgotten", waits());
      co_await yield_now();
      handle.line().tell(rondo::line_event::woken);  // by somebody who then does nothing
      co_await sleep_for(5ms);
      EXPECT_TRUE(has(find(see.look(), "forgotten"), suspicion::lost_wake_up));
      EXPECT_FALSE(has(find(see.look(), "main"), suspicion::lost_wake_up));
    };
    co_await in_scope(body);
  };
  rondo::run(main());
}

TEST(inspect, SeesWhoRanTooLong) {
  auto main = []() -> task<> {
    auto options = quietly();
    options.stall = 1ms;
    inspector see = co_await inspect(options);
    auto runs = []() -> task<> {
      const rondo::instant end = rondo::real_clock().now() + 2ms;
      while (rondo::real_clock().now() < end) {
      }
      co_await sleep_for(1h);
    };
    auto body = [&](scope& all) -> task<> {
      all.spawn("slow", runs());
      co_await yield_now();
      const snapshot s = see.look();
      EXPECT_TRUE(has(find(s, "slow"), suspicion::polled_too_long));
      EXPECT_GE(find(s, "slow").longest_poll, rondo::duration(2ms));
    };
    co_await in_scope(body);
  };
  rondo::run(main());
}

TEST(inspect, KeepsToItsLimit) {
  auto main = []() -> task<> {
    auto options = quietly();
    options.most_tasks = 10;
    inspector see = co_await inspect(options);
    event never;
    auto waits = [&]() -> task<> { co_await never.wait(); };
    auto body = [&](scope& all) -> task<> {
      for (int i = 0; i < 100; ++i) all.spawn(waits());
      co_await yield_now();
      const snapshot s = see.look();
      EXPECT_EQ(s.tasks.size(), 10U);
      EXPECT_GE(s.tasks_left_out, 90U);
    };
    co_await in_scope(body);
    EXPECT_EQ(see.look().tasks_left_out, 0U);
  };
  rondo::run(main());
}

TEST(inspect, SeesTenThousand) {
  auto main = []() -> task<> {
    inspector see = co_await inspect(quietly());
    event never;
    auto waits = [&]() -> task<> { co_await never.wait(); };
    auto body = [&](scope& all) -> task<> {
      for (int i = 0; i < 10'000; ++i) all.spawn(waits());
      co_await yield_now();
      const snapshot s = see.look();
      EXPECT_GE(s.tasks.size(), 10'000U);
      EXPECT_TRUE(std::ranges::is_sorted(s.tasks, {}, &task_view::id));
    };
    co_await in_scope(body);
  };
  rondo::run(main());
}

TEST(inspect, SeesTimersSocketsAndThePool) {
  auto main = []() -> task<> {
    inspector see = co_await inspect(quietly());
    rondo::loop& l = co_await rondo::this_loop();
    const rondo::handle_id timer = l.set_timeout(1h, [] {});
    auto [one, other] = *co_await rondo::unix_stream::pair().as_result();
    co_await one.write_all("hello");
    std::atomic<bool> begun{false}, end{false};
    auto work = [&] {
      begun = true;
      begun.notify_all();
      end.wait(false);
    };
    auto job = [&]() -> task<> { co_await rondo::offload({rondo::work_kind::cpu, "sums"}, work); };
    auto body = [&](scope& all) -> task<> {
      all.spawn(job());
      co_await yield_now();
      begun.wait(false);
      const snapshot s = see.look();
      EXPECT_TRUE(std::ranges::any_of(
          s.handles, [](const auto& h) { return h.what == "timeout" && h.due > 59min; }));
      EXPECT_TRUE(std::ranges::any_of(s.sockets, [](const auto& each) {
        return each.kind == "unix stream" && each.state == "connected" && each.unread == 5;
      }));
      EXPECT_EQ(s.jobs.size(), 1U);
      if (!s.jobs.empty()) EXPECT_EQ(s.jobs[0].name, "sums");
      EXPECT_FALSE(s.workers[0].stuck);
      end = true;
      end.notify_all();
    };
    co_await in_scope(body);
    l.clear(timer);
  };
  rondo::run(main());
}

TEST(inspect, SeesAllWorkersOfARuntime) {
  auto main = []() -> task<> {
    event never;
    auto waits = [&]() -> task<> { co_await never.wait(); };
    auto body = [&](rondo::parallel_scope& all) -> task<> {
      for (int i = 0; i < 50; ++i) all.spawn("early", waits());
      co_await sleep_for(5ms);
      inspector see = co_await inspect(quietly());
      for (int i = 0; i < 50; ++i) all.spawn("late", waits());
      const auto waiting = [](const snapshot& s) {
        return std::ranges::count_if(s.tasks, [](const task_view& t) {
          return (t.name == "early" || t.name == "late") && t.state == task_state::waiting;
        });
      };
      while (waiting(see.look()) < 100) co_await yield_now();
      EXPECT_EQ(see.look().workers.size(), 3U);
      EXPECT_NE(find(see.look(), "early").parent, 0U);
      all.cancel();
    };
    co_await rondo::with_parallel_scope(body);
  };
  rondo::run(main(), rondo::multi_thread(3));
}

/// Lines are born, go from worker to worker, wake each other and end, while others look on.
TEST(inspect, LooksOnUnderLoad) {
  std::atomic<bool> ends{false};
  auto main = [&]() -> task<> {
    inspector see = co_await inspect(quietly());
    std::thread looks([&] {
      for (int i = 0; i < 30; ++i) static_cast<void>(see.look());
      ends = true;
    });
    mutex shared;
    auto leaf = [&]() -> task<> {
      const mutex::guard hold = co_await shared.lock();
      co_await yield_now();
    };
    auto works = [&]() -> task<> {
      while (!ends) co_await rondo::when_all(leaf(), leaf());
    };
    auto spawns = [&](rondo::parallel_scope& all) -> task<> {
      for (int i = 0; i < 8; ++i) all.spawn("works", works());
      while (!ends) {
        auto brief = [](event& e) -> task<> { co_await e.wait(); };
        event go;
        auto handle = all.spawn("brief", brief(go));
        co_await yield_now();
        go.set();
        co_await handle;
      }
    };
    co_await rondo::with_parallel_scope(spawns);
    looks.join();
    EXPECT_THAT(see.look().deadlocks, IsEmpty());
  };
  rondo::run(main(), rondo::multi_thread(4));
}

TEST(inspect, ComesAndGoesUnderLoad) {
  auto main = []() -> task<> {
    bool ends = false;
    std::atomic<bool> all_end{false};
    auto works = [&]() -> task<> {
      while (!all_end) co_await yield_now();
    };
    auto body = [&](rondo::parallel_scope& all) -> task<> {
      for (int i = 0; i < 8; ++i) all.spawn("works", works());
      for (int i = 0; i < 20; ++i) {
        inspector see = co_await inspect(quietly());
        const snapshot s = see.look();
        ends = s.tasks.size() >= 8;
        EXPECT_TRUE(ends);
      }
      all_end = true;
    };
    co_await rondo::with_parallel_scope(body);
  };
  rondo::run(main(), rondo::multi_thread(4));
}

}  // namespace
