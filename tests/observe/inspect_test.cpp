// What an inspector sees of programs whose behaviour is known.
#include <rondo/observe/inspect.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>

#include <rondo/async/sleep.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/spawn.hpp>

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
using testing::HasSubstr;
using testing::IsEmpty;

const task_view& find(const snapshot& s, std::string_view name) {
  static const task_view none;
  const auto found = std::ranges::find(s.tasks, name, &task_view::name);
  EXPECT_NE(found, s.tasks.end()) << "no task is called " << name;
  return found == s.tasks.end() ? none : *found;
}

bool has(const task_view& t, suspicion what) {
  return (t.suspicions & static_cast<std::uint8_t>(what)) != 0;
}

template <class F>
task<> in_scope(F f) {
  auto body = [&](scope& all) -> task<> {
    co_await f(all);
    all.cancel();
  };
  co_await rondo::with_scope(std::move(body));
}

TEST(inspect, SeesAWaitingTask) {
  auto main = []() -> task<> {
    inspector see = co_await inspect();
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
      inspector see = co_await inspect();
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
    inspector see = co_await inspect();
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
    inspector see = co_await inspect();
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
    inspector see = co_await inspect();
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

TEST(inspect, NamesTwoWhoHoldWhatTheOtherWants) {
  auto main = []() -> task<> {
    inspector see = co_await inspect();
    mutex left, right;
    auto takes = [](mutex& one, mutex& other) -> task<> {
      const mutex::guard first = co_await one.lock();
      co_await yield_now();
      const mutex::guard second = co_await other.lock();
    };
    auto body = [&](scope& all) -> task<> {
      all.spawn("a", takes(left, right));
      all.spawn("b", takes(right, left));
      for (int i = 0; i < 5; ++i) co_await yield_now();
      const snapshot s = see.look();
      EXPECT_EQ(s.deadlocks.size(), 1U);
      if (s.deadlocks.size() != 1) co_return;
      EXPECT_EQ(s.deadlocks[0].tasks.size(), 2U);
      EXPECT_THAT(s.deadlocks[0].in_words, HasSubstr("for the mutex that task \"b\" holds"));
      EXPECT_THAT(s.deadlocks[0].in_words, HasSubstr("for the mutex that task \"a\" holds"));
      EXPECT_TRUE(has(find(s, "a"), suspicion::deadlocked));
      EXPECT_FALSE(has(find(s, "main"), suspicion::deadlocked));
      EXPECT_EQ(s.locks.size(), 2U);
    };
    co_await in_scope(body);
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
      inspector see = co_await inspect();
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

}  // namespace
