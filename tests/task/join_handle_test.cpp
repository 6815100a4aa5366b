// What a handle gives to who awaits it: the result or the failure, early or late, from inside of
// the scope or from outside.
#include <gtest/gtest.h>

#include <rondo/base/error.hpp>
#include <rondo/task/scope.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::join_handle;
using rondo::scope;
using rondo::sleep_for;
using rondo::task;
using rondo::with_scope;
using rondo::testing::fail_after;
using rondo::testing::lines;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;
using rondo::testing::value_after;

TEST(join_handle, yields_whether_awaited_before_or_after_the_end) {
  const auto main = []() -> task<> {
    co_await with_scope([](scope& s) -> task<> {
      join_handle<int> early = s.spawn(value_after(2s, 1));
      join_handle<int> late = s.spawn(value_after(1s, 2));
      const int first = co_await early;
      EXPECT_EQ(first, 1);
      EXPECT_TRUE(late.has_ended());
      const int second = co_await std::move(late);
      EXPECT_EQ(second, 2);
      const int third = co_await s.spawn(value_after(1s, 3));
      EXPECT_EQ(third, 3);
    });
  };
  run_simulated(main());
}

TEST(join_handle, outlives_its_scope_with_the_result) {
  const auto main = []() -> task<> {
    join_handle<std::string> handle;
    struct local {
      static task<std::string> word() { co_return "kept"; }
    };
    co_await with_scope([&](scope& s) -> task<> {
      handle = s.spawn(local::word());
      co_return;
    });
    EXPECT_TRUE(handle.has_ended());
    const std::string word = co_await handle;
    EXPECT_EQ(word, "kept");
  };
  run_simulated(main());
}

TEST(join_handle, can_be_awaited_by_another_child) {
  const auto main = []() -> task<> {
    struct local {
      static task<int> twice(join_handle<int> other) {
        const int value = co_await other;
        co_return 2 * value;
      }
    };
    const int result = co_await with_scope([](scope& s) -> task<int> {
      join_handle<int> first = s.spawn(value_after(1s, 21));
      join_handle<int> second = s.spawn(local::twice(std::move(first)));
      const int value = co_await second;
      co_return value;
    });
    EXPECT_EQ(result, 42);
  };
  run_simulated(main());
}

TEST(join_handle, gives_the_failure_itself_to_who_waits_and_the_scope_throws_it_once) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const std::string outcome = co_await outcome_of(with_scope([&](scope& s) -> task<> {
      auto handle = s.spawn(fail_after(1s, "child failed"));
      try {
        co_await handle;
      } catch (const std::runtime_error& e) {
        log.push_back(std::string("joined: ") + e.what());
        throw;
      }
    }));
    log.push_back(outcome);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"joined: child failed", "child failed"}));
}

TEST(join_handle, of_a_cancelled_task_is_an_error_to_who_is_not_cancelled) {
  const auto main = []() -> task<> {
    join_handle<int> handle;
    co_await with_scope([&](scope& s) -> task<> {
      handle = s.spawn(value_after(1s, 1));
      co_await sleep_for(1ms);
      s.cancel();
    });
    rondo::errc code = rondo::errc::ok;
    try {
      co_await handle;
    } catch (const rondo::error& e) {
      code = e.code();
    }
    EXPECT_EQ(code, rondo::errc::cancelled);
  };
  run_simulated(main());
}

TEST(join_handle, keeps_a_result_that_came_together_with_the_cancel) {
  const auto main = []() -> task<> {
    int seen = 0;
    co_await with_scope([&](scope& s) -> task<> {
      auto handle = s.spawn([](scope& s) -> task<int> {
        s.cancel();
        co_return 6;
      }(s));
      seen =
          co_await handle;  // had ended when its scope was cancelled, or not: either has a result
    });
    EXPECT_EQ(seen, 0);  // the cancel came first, while the body waited
    co_await with_scope([&](scope& s) -> task<> {
      auto handle = s.spawn(value_after(0s, 8));
      co_await sleep_for(1s);
      s.cancel();
      seen = co_await handle;
    });
    EXPECT_EQ(seen, 8);
  };
  run_simulated(main());
}

}  // namespace
