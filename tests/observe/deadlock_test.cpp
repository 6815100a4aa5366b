// Deadlocks that are named, and what is none.
#include <rondo/observe/inspect.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include <rondo/async/run.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/sync/shared_mutex.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/when_any.hpp>

#include "observe/looking.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::event;
using rondo::mutex;
using rondo::scope;
using rondo::task;
using rondo::yield_now;
using rondo::observe::inspect;
using rondo::observe::inspector;
using rondo::observe::snapshot;
using rondo::observe::suspicion;
using rondo::testing::find;
using rondo::testing::has;
using rondo::testing::in_scope;
using rondo::testing::quietly;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(deadlock, NamesTwoWhoHoldWhatTheOtherWants) {
  auto main = []() -> task<> {
    inspector see = co_await inspect(quietly());
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

TEST(deadlock, NamesAWriterWhoReads) {
  auto main = []() -> task<> {
    inspector see = co_await inspect(quietly());
    mutex left;
    rondo::shared_mutex right;
    auto writes = [&]() -> task<> {
      const rondo::shared_mutex::guard hold = co_await right.lock();
      co_await yield_now();
      const mutex::guard second = co_await left.lock();
    };
    auto reads = [&]() -> task<> {
      const mutex::guard hold = co_await left.lock();
      co_await yield_now();
      const rondo::shared_mutex::shared_guard second = co_await right.lock_shared();
    };
    auto body = [&](scope& all) -> task<> {
      all.spawn("writes", writes());
      all.spawn("reads", reads());
      for (int i = 0; i < 5; ++i) co_await yield_now();
      const snapshot s = see.look();
      EXPECT_EQ(s.deadlocks.size(), 1U);
      if (s.deadlocks.size() != 1) co_return;
      EXPECT_THAT(s.deadlocks[0].in_words,
                  HasSubstr("for the shared mutex that task \"writes\" holds"));
    };
    co_await in_scope(body);
  };
  rondo::run(main());
}

TEST(deadlock, NamesTwoWhoJoinEachOther) {
  auto main = []() -> task<> {
    inspector see = co_await inspect(quietly());
    rondo::join_handle<> one, other;
    auto joins = [](rondo::join_handle<>& whom) -> task<> {
      co_await yield_now();
      co_await whom;
    };
    auto body = [&](scope& all) -> task<> {
      one = all.spawn("a", joins(other));
      other = all.spawn("b", joins(one));
      for (int i = 0; i < 5; ++i) co_await yield_now();
      const snapshot s = see.look();
      EXPECT_EQ(s.deadlocks.size(), 1U);
      if (s.deadlocks.size() != 1) co_return;
      EXPECT_THAT(s.deadlocks[0].in_words, HasSubstr("for the end of task \"b\""));
      EXPECT_EQ(find(s, "a").joins, find(s, "b").id);
    };
    co_await in_scope(body);
  };
  rondo::run(main());
}

TEST(deadlock, NamesAParentWhoHoldsWhatItsChildWants) {
  auto main = []() -> task<> {
    inspector see = co_await inspect(quietly());
    mutex m;
    auto child = [&](scope&) -> task<> { const mutex::guard hold = co_await m.lock(); };
    auto parent = [&]() -> task<> {
      const mutex::guard hold = co_await m.lock();
      co_await rondo::with_scope(child);
    };
    auto body = [&](scope& all) -> task<> {
      all.spawn("parent", parent());
      for (int i = 0; i < 5; ++i) co_await yield_now();
      const snapshot s = see.look();
      EXPECT_EQ(s.deadlocks.size(), 1U);
      EXPECT_TRUE(has(find(s, "parent"), suspicion::deadlocked));
      EXPECT_THAT(s.deadlocks.front().in_words, HasSubstr("for its child task"));
    };
    co_await in_scope(body);
  };
  rondo::run(main());
}

TEST(deadlock, SeesNoDeadlockWhereSomebodyMayGoOn) {
  auto main = []() -> task<> {
    inspector see = co_await inspect(quietly());
    mutex m, busy;
    event go_on;
    auto waits = [&]() -> task<> { co_await go_on.wait(); };
    auto locks = [&](mutex& which) -> task<> { const mutex::guard hold = co_await which.lock(); };
    // One child waits for what the parent holds, the other may end, and end the first.
    auto parent = [&]() -> task<> {
      const mutex::guard hold = co_await m.lock();
      co_await rondo::when_any(locks(m), waits());
    };
    auto holds = [&]() -> task<> {
      const mutex::guard hold = co_await busy.lock();
      co_await go_on.wait();
    };
    auto until = [&]() -> task<> {
      const mutex::guard hold = co_await busy.lock();
      static_cast<void>(co_await rondo::within(1h, locks(busy)));
    };
    auto body = [&](scope& all) -> task<> {
      all.spawn("parent", parent());
      all.spawn("holds", holds());
      all.spawn("queues", locks(busy));
      for (int i = 0; i < 5; ++i) co_await yield_now();
      EXPECT_THAT(see.look().deadlocks, IsEmpty());
      go_on.set();
      for (int i = 0; i < 5; ++i) co_await yield_now();
      all.spawn("until", until());  // itself, but for an hour only
      for (int i = 0; i < 5; ++i) co_await yield_now();
      EXPECT_THAT(see.look().deadlocks, IsEmpty());
    };
    co_await in_scope(body);
  };
  rondo::run(main());
}

TEST(deadlock, DoesNotKnowWhoHasAGuardThatHasMoved) {
  auto main = []() -> task<> {
    inspector see = co_await inspect(quietly());
    mutex m;
    auto holds = [&](scope&) -> task<> {
      mutex::guard hold = co_await m.lock();
      const mutex::guard moved = std::move(hold);
      auto locks = [&](scope&) -> task<> { const mutex::guard second = co_await m.lock(); };
      co_await rondo::with_scope(locks);
    };
    auto holder = [&]() -> task<> { co_await rondo::with_scope(holds); };
    auto body = [&](scope& all) -> task<> {
      all.spawn("holder", holder());
      for (int i = 0; i < 5; ++i) co_await yield_now();
      EXPECT_THAT(see.look().deadlocks, IsEmpty());
    };
    co_await in_scope(body);
  };
  rondo::run(main());
}

}  // namespace
