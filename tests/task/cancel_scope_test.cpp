// What a cancel tells, whom it reaches, and what stops it: reasons, single tasks, shields.
#include <gtest/gtest.h>

#include <rondo/async/timeout.hpp>
#include <rondo/base/error.hpp>
#include <rondo/task/frame_pool.hpp>
#include <rondo/task/shield.hpp>
#include <rondo/task/spawn.hpp>
#include <rondo/task/when_all.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::cancelled;
using rondo::instant;
using rondo::join_handle;
using rondo::scope;
using rondo::shield;
using rondo::sleep_for;
using rondo::task;
using rondo::with_scope;
using rondo::with_timeout;
using rondo::testing::lines;
using rondo::testing::now_ms;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;
using rondo::testing::say_after;
using rondo::testing::value_after;

/// Sleeps until it is cancelled; writes down why, and from which line of this file.
task<> wait_for_reason(std::string& reason, unsigned& line) {
  try {
    co_await sleep_for(1h);
  } catch (const cancelled& c) {
    reason = c.reason();
    line = c.where().line();
  }
}

TEST(cancel, carries_its_reason_and_its_place_through_all_scopes_within) {
  std::string reason;
  unsigned line = 0;
  unsigned expected = 0;
  const auto main = [&]() -> task<> {
    const auto body = [&](scope& s) -> task<> {
      s.spawn(rondo::as_task(with_timeout(10s, wait_for_reason(reason, line))));
      co_await sleep_for(1ms);
      expected = __LINE__ + 1;
      s.cancel("the shop closes");
      s.cancel("a second reason does not count");
    };
    co_await with_scope(body);
  };
  run_simulated(main());
  EXPECT_EQ(reason, "the shop closes");
  EXPECT_EQ(line, expected);
}

TEST(cancel, has_a_reason_also_where_a_sibling_fails_and_where_the_time_is_over) {
  std::string by_failure;
  std::string by_time;
  unsigned line = 0;
  const auto main = [&]() -> task<> {
    const std::string failed = co_await outcome_of(rondo::when_all(
        wait_for_reason(by_failure, line), rondo::testing::fail_after(1ms, "broken")));
    EXPECT_EQ(failed, "broken");
    const bool in_time = co_await rondo::within(1ms, wait_for_reason(by_time, line));
    // It swallowed the cancel and came to its end: that counts as having ended.
    EXPECT_TRUE(in_time);
  };
  run_simulated(main());
  EXPECT_EQ(by_failure, "a sibling failed");
  EXPECT_EQ(by_time, "the time is over");
}

TEST(cancel, of_a_handle_ends_that_task_alone) {
  lines log;
  const auto main = [&]() -> task<> {
    const auto body = [&](scope& s) -> task<> {
      join_handle<> one = s.spawn(say_after(2ms, "one", log));
      join_handle<> two = s.spawn(say_after(2ms, "two", log));
      co_await sleep_for(1ms);
      one.cancel("not needed");
      one.cancel();
      try {
        co_await one;
        ADD_FAILURE() << "it had no result";
      } catch (const rondo::error& e) {
        EXPECT_EQ(e.code(), rondo::errc::cancelled);
      }
      co_await two;
      two.cancel();  // has ended: nothing
      EXPECT_EQ(co_await now_ms(), 2);
    };
    co_await with_scope(body);
  };
  run_simulated(main());
  EXPECT_EQ(log, (lines{"one cancelled", "two"}));
}

TEST(cancel, of_a_handle_before_the_task_has_run_lets_it_meet_the_cancel_at_its_first_await) {
  lines log;
  const auto main = [&]() -> task<> {
    const auto body = [&](scope& s) -> task<> {
      join_handle<> one = s.spawn(say_after(2ms, "one", log));
      one.cancel();
      co_return;
    };
    co_await with_scope(body);
    EXPECT_EQ(co_await now_ms(), 0);
  };
  run_simulated(main());
  EXPECT_EQ(log, lines{"one cancelled"});
}

TEST(cancel, of_a_handle_reaches_the_scopes_that_the_task_has_opened) {
  lines log;
  const auto main = [&]() -> task<> {
    const auto nested = [&]() -> task<> {
      co_await rondo::when_all(say_after(2ms, "a", log),
                               with_timeout(1s, say_after(3ms, "b", log)));
    };
    const auto body = [&](scope& s) -> task<> {
      join_handle<> one = s.spawn(nested());
      co_await sleep_for(1ms);
      one.cancel();
    };
    co_await with_scope(body);
    EXPECT_EQ(co_await now_ms(), 1);
  };
  run_simulated(main());
  EXPECT_EQ(log, (lines{"a cancelled", "b cancelled"}));
}

TEST(shield, keeps_a_cancel_out_and_lets_the_next_await_meet_it) {
  lines log;
  const auto main = [&]() -> task<> {
    const auto careful = [&]() -> task<> {
      co_await shield(say_after(5ms, "finished", log));
      log.push_back("behind");
      co_await say_after(1ms, "next", log);
    };
    const auto body = [&](scope& s) -> task<> {
      s.spawn(careful());
      co_await sleep_for(1ms);
      s.cancel();
    };
    co_await with_scope(body);
    EXPECT_EQ(co_await now_ms(), 5);
  };
  run_simulated(main());
  EXPECT_EQ(log, (lines{"finished", "behind", "next cancelled"}));
}

TEST(shield, works_in_a_line_that_is_cancelled_already) {
  lines log;
  const auto main = [&]() -> task<> {
    const auto cleans_up = [&]() -> task<> {
      bool was_cancelled = false;
      try {
        co_await sleep_for(1h);
      } catch (const cancelled&) {
        was_cancelled = true;
      }
      EXPECT_TRUE(was_cancelled);
      const int value = co_await shield(value_after(3ms, 7));
      EXPECT_EQ(value, 7);
      co_await shield(say_after(1ms, "cleaned up", log));
    };
    const auto body = [&](scope& s) -> task<> {
      s.spawn(cleans_up());
      co_await sleep_for(1ms);
      s.cancel();
    };
    co_await with_scope(body);
    EXPECT_EQ(co_await now_ms(), 5);
  };
  run_simulated(main());
  EXPECT_EQ(log, lines{"cleaned up"});
}

TEST(shield, has_limits_of_its_own_that_hold) {
  const auto main = []() -> task<> {
    const auto outer = []() -> task<> {
      const auto inner = []() -> task<> {
        rondo::task_context& here = co_await rondo::this_task();
        EXPECT_EQ(here.scope().deadline(), instant() + 50ms);  // not the outer 1 ms
        co_await sleep_for(1h);
      };
      const std::string outcome = co_await outcome_of(shield(with_timeout(50ms, inner())));
      EXPECT_EQ(outcome.substr(0, 13), "with_timeout:");
    };
    EXPECT_FALSE(co_await rondo::within(1ms, rondo::as_task(with_timeout(2s, outer()))) &&
                 co_await now_ms() < 50);
    EXPECT_EQ(co_await now_ms(), 50);
  };
  run_simulated(main());
}

TEST(deadline, shrinks_on_the_way_in_and_never_grows) {
  const auto main = []() -> task<> {
    const auto deadline = []() -> task<instant> {
      rondo::task_context& here = co_await rondo::this_task();
      co_return here.scope().deadline();
    };
    EXPECT_TRUE((co_await deadline()).is_never());
    const auto inner = co_await with_timeout(5s, rondo::as_task(with_timeout(1s, deadline())));
    EXPECT_EQ(inner, instant() + 1s);
    const auto outer = co_await with_timeout(1s, rondo::as_task(with_timeout(5s, deadline())));
    EXPECT_EQ(outer, instant() + 1s);
    const auto absolute = co_await rondo::with_deadline(instant() + 3s, deadline());
    EXPECT_EQ(absolute, instant() + 3s);
  };
  run_simulated(main());
}

TEST(deadline, that_has_come_is_reported_by_the_scope_that_set_it) {
  const auto main = []() -> task<> {
    const auto both = []() -> task<> { co_await with_timeout(5s, sleep_for(1h)); };
    const std::string outcome = co_await outcome_of(with_timeout(2s, both()));
    EXPECT_NE(outcome.find("2.0"), std::string::npos) << outcome;
    EXPECT_EQ(co_await now_ms(), 2000);
    try {
      co_await rondo::with_deadline(instant() + 1s, sleep_for(1h));  // long ago
      ADD_FAILURE() << "no time was left";
    } catch (const rondo::error& e) {
      EXPECT_EQ(e.code(), rondo::errc::timed_out);
    }
  };
  run_simulated(main());
}

TEST(within, yields_nothing_where_the_time_was_over_and_the_value_otherwise) {
  const auto main = []() -> task<> {
    const auto early = co_await rondo::within(5ms, value_after(1ms, 7));
    EXPECT_EQ(early, 7);
    const auto late = co_await rondo::within(5ms, value_after(1h, 7));
    EXPECT_FALSE(late.has_value());
    EXPECT_TRUE(co_await rondo::within(5ms, sleep_for(1ms)));
    EXPECT_FALSE(co_await rondo::within(5ms, sleep_for(1h)));
    int target = 1;
    struct local {
      static task<int&> reference(int& x) { co_return x; }
    };
    const auto pointer = co_await rondo::within(5ms, local::reference(target));
    EXPECT_TRUE(pointer.has_value() && *pointer == &target);
  };
  run_simulated(main());
}

TEST(root_scope, owns_what_is_spawned_without_a_scope_and_ends_it_with_main) {
  lines log;
  const auto main = [&]() -> task<> {
    join_handle<int> seven = co_await rondo::spawn(value_after(1ms, 7));
    co_await rondo::spawn("background", say_after(1h, "background", log));
    EXPECT_EQ(co_await seven, 7);
    log.push_back("main ends");
  };
  run_simulated(main());
  EXPECT_EQ(log, (lines{"main ends", "background cancelled"}));
}

TEST(root_scope, hands_the_failure_of_a_background_task_to_run) {
  lines log;
  const auto main = [&]() -> task<> {
    co_await rondo::spawn(rondo::testing::fail_after(1ms, "background broke"));
    co_await say_after(1h, "main", log);
  };
  EXPECT_THROW(
      {
        try {
          run_simulated(main());
        } catch (const std::runtime_error& e) {
          EXPECT_STREQ(e.what(), "background broke");
          throw;
        }
      },
      std::runtime_error);
  EXPECT_EQ(log, lines{"main cancelled"});
}

TEST(this_task, knows_its_name_and_whether_it_is_to_end) {
  const auto main = []() -> task<> {
    const auto child = []() -> task<> {
      rondo::task_context& here = co_await rondo::this_task();
      EXPECT_STREQ(here.name(), "child");
      EXPECT_FALSE(here.cancel_pending());
      co_await rondo::check_cancelled();
      here.cancel(rondo::cancel_cause("enough", std::source_location::current()));
      EXPECT_TRUE(here.cancel_pending());
      EXPECT_EQ(here.cause().reason(), "enough");
      co_await rondo::check_cancelled();
      ADD_FAILURE() << "it goes on though cancelled";
    };
    const auto body = [&](scope& s) -> task<> {
      s.spawn("child", child());
      co_return;
    };
    co_await with_scope(body);
  };
  run_simulated(main());
}

}  // namespace
