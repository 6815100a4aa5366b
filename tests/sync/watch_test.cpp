// The latest value, who has seen it, and who waits for another.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include <rondo/async/timeout.hpp>
#include <rondo/sync/watch.hpp>
#include <rondo/task/scope.hpp>

#include "support/tasks.hpp"
#include "sync/threads.hpp"

namespace {

using rondo::scope;
using rondo::task;
using rondo::watch;
using rondo::with_scope;
using rondo::testing::lines;
using rondo::testing::run_simulated;
using namespace std::chrono_literals;

task<> note_changes(watch<std::string>::viewer v, lines& log) {
  bool changed = co_await v.changed();  // g++ 12 can't do without the variable
  while (changed) {
    log.push_back(*v.get());
    changed = co_await v.changed();
  }
  log.push_back("end");
}

TEST(watch, gives_the_latest_value) {
  watch<std::string> w("a");
  EXPECT_EQ(*w.get(), "a");
  EXPECT_EQ(w.version(), 0u);
  const auto before = w.get();
  w.set("b");
  w.update([](std::string& s) { s += "c"; });
  EXPECT_EQ(*w.get(), "bc");
  EXPECT_EQ(w.version(), 2u);
  EXPECT_EQ(*before, "a") << "whoever holds a value keeps it";
}

TEST(watch, tells_its_viewers_of_changes_and_passes_over_what_they_were_too_slow_for) {
  lines log;
  const auto main = [&]() -> task<> {
    watch<std::string> w("a");
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(note_changes(w.subscribe(), log));
      co_await rondo::sleep_for(1ms);
      EXPECT_TRUE(log.empty()) << "the first value has been seen";
      w.set("b");
      co_await rondo::sleep_for(1ms);
      w.set("c");
      w.set("d");
      co_await rondo::sleep_for(1ms);
      w.set("e");
      w.close();
      w.close();
    });
    EXPECT_TRUE(w.is_closed());
  };
  run_simulated(main());
  EXPECT_EQ(log, (lines{"b", "d", "e", "end"}));
}

TEST(watch, does_not_wait_for_what_came_before) {
  const auto main = [&]() -> task<> {
    watch<std::string> w("a");
    auto v = w.subscribe();
    w.set("b");
    bool changed = co_await v.changed();
    EXPECT_TRUE(changed);
    const auto nothing_new = co_await rondo::within(1ms, v.changed());
    EXPECT_FALSE(nothing_new.has_value());
    w.set("c");
    EXPECT_EQ(*v.get(), "c");
    w.close();
    changed = co_await v.changed();
    EXPECT_FALSE(changed) << "it was seen by get()";
  };
  run_simulated(main());
}

TEST(watch, keeps_a_change_for_a_viewer_that_was_cancelled) {
  const auto main = [&]() -> task<> {
    watch<std::string> w("a");
    auto v = w.subscribe();
    const auto wait = [](watch<std::string>::viewer& v) -> task<> {
      co_await v.changed();
      ADD_FAILURE();
    };
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(wait(v));
      co_await rondo::sleep_for(1ms);
      s.cancel();
      w.set("b");
    });
    const bool changed = co_await v.changed();
    EXPECT_TRUE(changed);
    EXPECT_EQ(*v.get(), "b");
  };
  run_simulated(main());
}

TEST(watch, shares_what_can_not_be_copied) {
  watch<std::unique_ptr<int>> w(std::make_unique<int>(1));
  const auto one = w.get();
  const auto same = w.get();
  EXPECT_EQ(one->get(), same->get());
}

TEST(watch, is_updated_by_threads_without_losing_an_update) {
  std::thread([] {
    watch<long> w(0);
    rondo::testing::run_in_threads(3, [&](int i) -> task<> {
      if (i < 2) {
        for (int n = 0; n < 2000; ++n) w.update([](long& v) { ++v; });
        co_return;
      }
      auto v = w.subscribe();
      long last = *v.get();
      while (last < 4000) {
        const bool changed = co_await v.changed();
        EXPECT_TRUE(changed);
        const long now = *v.get();
        EXPECT_GT(now, last);
        last = now;
      }
    });
    EXPECT_EQ(*w.get(), 4000);
  }).join();
}

}  // namespace
