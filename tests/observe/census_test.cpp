// Looking while everybody runs: each task that is seen must be one that could have been. And two
// who look at the same tasks.
#include <rondo/observe/inspect.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <optional>
#include <set>
#include <thread>

#include <rondo/async/yield.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/task/scope.hpp>

#include "observe/looking.hpp"

namespace {

using rondo::event;
using rondo::mutex;
using rondo::scope;
using rondo::task;
using rondo::yield_now;
using rondo::observe::inspect;
using rondo::observe::inspector;
using rondo::observe::snapshot;
using rondo::observe::task_state;
using rondo::observe::task_view;
using rondo::testing::find;
using rondo::testing::in_scope;
using rondo::testing::quietly;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;

/// Of a task that never waits for anything but others, and was seen from its birth on: it runs once
/// more often than it was woken, but while it is ready.
void expect_whole(const task_view& t) {
  EXPECT_EQ(t.polls, t.wakes + (t.state == task_state::ready ? 0 : 1)) << t.id;
  EXPECT_LE(t.self_wakes, t.wakes);
  EXPECT_LE(t.longest_poll, t.busy);
  EXPECT_LE(t.in_state, t.age);
  EXPECT_THAT(t.spawned_at.file_name(), HasSubstr("census_test.cpp"));
  if (t.state != task_state::waiting) {
    EXPECT_THAT(t.waits_for, IsEmpty());
    return;
  }
  EXPECT_THAT(t.waits_at.file_name(), HasSubstr("census_test.cpp"));
  EXPECT_THAT(t.waits_for, AnyOf("its next turn", "lock of a mutex", "an event"));
  if (t.waits_for == "its next turn") return;
  EXPECT_NE(t.on, nullptr);
  EXPECT_EQ(t.awaited_at.size(), t.waits_for == "lock of a mutex" ? 1U : 0U);
}

TEST(census, EachTaskIsSeenWhole) {
  std::atomic<bool> ends{false};
  std::atomic<std::uint64_t> seen{0};
  auto main = [&]() -> task<> {
    inspector see = co_await inspect(quietly());
    auto looks = [&] {
      for (int i = 0; i < 100 || seen < 1000; ++i) {
        const snapshot s = see.look();
        std::set<std::uint64_t> ids;
        for (const task_view& t : s.tasks) {
          EXPECT_TRUE(ids.insert(t.id).second);
          if (t.name != "switches" && t.name != "brief") continue;
          ++seen;
          expect_whole(t);
        }
        for (const auto& each : s.deadlocks) ADD_FAILURE() << each.in_words;
        if (testing::Test::HasFailure()) break;
      }
      ends = true;
    };
    std::thread looking(looks);
    mutex shared;
    auto locks = [&]() -> task<> {
      const mutex::guard hold = co_await shared.lock();
      co_await yield_now();
    };
    auto switches = [&]() -> task<> {
      while (!ends) {
        co_await yield_now();
        co_await locks();
      }
    };
    auto brief = [](event& go) -> task<> { co_await go.wait(); };
    auto body = [&](rondo::parallel_scope& all) -> task<> {
      for (int i = 0; i < 8; ++i) all.spawn("switches", switches());
      while (!ends) {
        std::deque<event> go(16);
        std::deque<rondo::join_handle<>> all_brief;
        for (event& each : go) all_brief.push_back(all.spawn("brief", brief(each)));
        co_await yield_now();
        for (event& each : go) each.set();
        for (auto& each : all_brief) co_await each;
      }
    };
    co_await rondo::with_parallel_scope(body);
    looking.join();
  };
  rondo::run(main(), rondo::multi_thread(4));
}

/// Both see all, whoever came first; and who stays goes on seeing what he saw.
TEST(census, TwoLookAtTheSameTasks) {
  auto main = []() -> task<> {
    std::optional<inspector> first(co_await inspect(quietly()));
    event go;
    auto waits = [&]() -> task<> {
      co_await go.wait();
      for (;;) co_await yield_now();
    };
    auto body = [&](scope& all) -> task<> {
      all.spawn("early", waits());
      co_await yield_now();
      inspector second = co_await inspect(quietly());
      all.spawn("late", waits());
      co_await yield_now();
      for (const inspector* const each : {&*first, &second}) {
        const snapshot s = each->look();
        EXPECT_EQ(find(s, "early").state, task_state::waiting);
        EXPECT_EQ(find(s, "late").state, task_state::waiting);
        EXPECT_EQ(find(s, "late").polls, 1U);
        EXPECT_EQ(s.tasks.size(), 5U);
      }
      first.reset();
      go.set();
      for (int i = 0; i < 10; ++i) co_await yield_now();
      inspector third = co_await inspect(quietly());
      for (int i = 0; i < 10; ++i) co_await yield_now();
      for (const inspector* const each : {&second, &third}) {
        const snapshot s = each->look();
        EXPECT_EQ(find(s, "early").state, task_state::ready);
        EXPECT_GE(find(s, "late").polls, 9U);
        EXPECT_EQ(find(s, "late").polls, find(s, "late").wakes);
        EXPECT_EQ(s.tasks.size(), 5U);
      }
    };
    co_await in_scope(body);
  };
  rondo::run(main());
}

TEST(census, TenThousandLocksThatAreWaitedFor) {
  auto main = []() -> task<> {
    const inspector see = co_await inspect(quietly());
    std::deque<mutex> locks(10'000);
    event never;
    auto holds = [&](mutex& m) -> task<> {
      const mutex::guard hold = co_await m.lock();
      co_await never.wait();
    };
    auto body = [&](scope& all) -> task<> {
      for (mutex& each : locks) all.spawn("holds", holds(each));
      for (mutex& each : locks) all.spawn("waits", holds(each));
      const auto waiting = [](const snapshot& s) {
        return std::ranges::count(s.tasks, "lock of a mutex", &task_view::waits_for);
      };
      while (waiting(see.look()) < 10'000) co_await yield_now();
      EXPECT_THAT(see.look().locks, testing::SizeIs(10'000));
    };
    co_await in_scope(body);
  };
  rondo::run(main());
}

}  // namespace
