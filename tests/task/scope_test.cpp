// Scopes own what is spawned into them: nothing outlives one, nothing fails unseen, and a cancel
// reaches everything inside and nothing outside.
#include <rondo/task/scope.hpp>

#include <gtest/gtest.h>

#include <memory>

#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/task/when_all.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::scope;
using rondo::sleep_for;
using rondo::task;
using rondo::with_scope;
using rondo::testing::fail_after;
using rondo::testing::lines;
using rondo::testing::now_ms;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;
using rondo::testing::say_after;
using rondo::testing::value_after;

TEST(scope, waits_for_what_was_spawned_also_where_the_handle_was_dropped) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(say_after(2s, "child", log));
      log.push_back("body ends");
      co_return;
    });
    log.push_back("scope ends");
    const long now = co_await now_ms();
    EXPECT_EQ(now, 2000);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"body ends", "child", "scope ends"}));
}

TEST(scope, starts_a_child_only_after_the_spawner_has_suspended) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(say_after(0s, "child", log));
      log.push_back("spawned");
      co_await sleep_for(1s);
      log.push_back("slept");
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"spawned", "child", "slept"}));
}

TEST(scope, yields_the_result_of_its_body) {
  const auto main = []() -> task<int> {
    auto made = co_await with_scope([](scope& s) -> task<std::unique_ptr<int>> {
      auto handle = s.spawn(value_after(1s, 40));
      const int value = co_await handle;
      co_return std::make_unique<int>(value + 2);
    });
    co_return *made;
  };
  EXPECT_EQ(run_simulated(main()), 42);
}

TEST(scope, is_left_by_the_failure_of_its_body_after_the_children_ended) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const std::string outcome = co_await outcome_of(with_scope([&](scope& s) -> task<> {
      s.spawn(say_after(5s, "child", log));
      co_await sleep_for(1s);
      throw std::runtime_error("body failed");
    }));
    log.push_back(outcome);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"child cancelled", "body failed"}));
}

TEST(scope, is_left_by_the_failure_of_a_child_that_nobody_joined) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const std::string outcome = co_await outcome_of(with_scope([&](scope& s) -> task<int> {
      s.spawn(fail_after(1s, "child failed"));
      co_await say_after(5s, "body", log);
      co_return 1;
    }));
    log.push_back(outcome);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"body cancelled", "child failed"}));
}

TEST(scope, throws_a_failure_also_where_the_body_caught_it_from_the_handle) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const std::string outcome = co_await outcome_of(with_scope([&](scope& s) -> task<> {
      auto handle = s.spawn(fail_after(1s, "child failed"));
      const std::string seen = co_await outcome_of(std::move(handle));
      log.push_back(seen);
      co_await say_after(1s, "body", log);  // the scope is being cancelled all the same
    }));
    log.push_back(outcome);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"child failed", "body cancelled", "child failed"}));
}

TEST(scope, throws_several_failures_as_one_group) {
  const auto main = []() -> task<> {
    struct local {
      static task<> fail_when_cancelled() {
        try {
          co_await sleep_for(10s);
        } catch (const rondo::cancelled&) {
        }
        throw std::logic_error("second");
      }
    };
    const std::string outcome = co_await outcome_of(with_scope([](scope& s) -> task<> {
      s.spawn(local::fail_when_cancelled());
      s.spawn(fail_after(1s, "first"));
      co_return;
    }));
    EXPECT_EQ(outcome, "2 tasks failed: first; second");
  };
  run_simulated(main());
}

TEST(scope, absorbs_its_own_cancel) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(say_after(5s, "child", log));
      co_await sleep_for(1s);
      s.cancel();
      log.push_back("asked");
      co_await say_after(1s, "body", log);
    });
    log.push_back("left");
    co_await say_after(1s, "after", log);  // outside nothing is cancelled
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"asked", "body cancelled", "child cancelled", "left", "after"}));
}

TEST(scope, that_is_cancelled_before_its_body_has_a_value_says_so) {
  const auto main = []() -> task<> {
    rondo::errc code = rondo::errc::ok;
    try {
      co_await with_scope([](scope& s) -> task<int> {
        s.cancel();
        const int value = co_await value_after(1s, 1);
        co_return value;
      });
    } catch (const rondo::error& e) {
      code = e.code();
    }
    EXPECT_EQ(code, rondo::errc::cancelled);
    const int kept = co_await with_scope([](scope& s) -> task<int> {
      s.cancel();
      co_return 7;  // completed anyway
    });
    EXPECT_EQ(kept, 7);
  };
  run_simulated(main());
}

TEST(scope, passes_a_cancel_from_outside_on_as_a_cancel) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    co_await with_scope([&](scope& outer) -> task<> {
      outer.spawn([](lines& log) -> task<> {
        co_await with_scope([&](scope& inner) -> task<> {
          inner.spawn(say_after(5s, "grandchild", log));
          co_await sleep_for(5s);
        });
        log.push_back("not reached");
      }(log));
      co_await sleep_for(1s);
      outer.cancel();
    });
    const long now = co_await now_ms();
    EXPECT_EQ(now, 1000);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"grandchild cancelled"});
}

TEST(scope, cancels_itself_and_not_the_one_around_it) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    co_await with_scope([&](scope& outer) -> task<> {
      outer.spawn(say_after(3s, "outer child", log));
      co_await with_scope([&](scope& inner) -> task<> {
        inner.spawn(say_after(2s, "inner child", log));
        co_await sleep_for(1s);
        inner.cancel();
      });
      co_await say_after(1s, "outer body", log);
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"inner child cancelled", "outer body", "outer child"}));
}

TEST(scope, takes_tasks_that_its_children_spawn) {
  struct local {
    static task<> split(scope& s, int depth, int& leaves) {
      co_await sleep_for(1ms);
      if (depth == 0) {
        ++leaves;
        co_return;
      }
      s.spawn(split(s, depth - 1, leaves));
      s.spawn(split(s, depth - 1, leaves));
    }
    static task<> main(int& leaves) {
      co_await with_scope([&](scope& s) -> task<> {
        s.spawn(split(s, 8, leaves));
        co_return;
      });
    }
  };
  int leaves = 0;
  run_simulated(local::main(leaves));
  EXPECT_EQ(leaves, 256);
}

task<> sleep_then_nothing(rondo::duration delay) {
  co_await sleep_for(delay);
}

TEST(scope, counts_what_has_not_ended) {
  const auto main = []() -> task<> {
    co_await with_scope([](scope& s) -> task<> {
      EXPECT_EQ(s.size(), 1);  // the body
      auto a = s.spawn(sleep_then_nothing(1s));
      auto b = s.spawn(sleep_then_nothing(2s));
      EXPECT_EQ(s.size(), 3);
      co_await a;
      EXPECT_EQ(s.size(), 2);
      co_await b;
      EXPECT_EQ(s.size(), 1);
    });
  };
  run_simulated(main());
}

TEST(scope, cancelled_before_a_child_first_ran_lets_it_meet_the_cancel_at_its_first_await) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(say_after(1s, "child", log));
      s.cancel();
      s.spawn(say_after(1s, "later child", log));
      co_return;
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"child cancelled", "later child cancelled"}));
}

TEST(scope, cancel_is_a_level_that_swallowing_does_not_lower) {
  const auto main = []() -> task<> {
    int met = 0;
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      for (int i = 0; i < 5; ++i) {
        try {
          co_await sleep_for(1s);
        } catch (const rondo::cancelled&) {
          ++met;
        }
        try {
          co_await rondo::yield_now();
        } catch (const rondo::cancelled&) {
          ++met;
        }
      }
    });
    EXPECT_EQ(met, 10);
    const long now = co_await now_ms();
    EXPECT_EQ(now, 0);
  };
  run_simulated(main());
}

TEST(scope, whose_body_is_no_coroutine_and_throws_still_waits_for_its_children) {
  struct body {
    explicit body(lines& l) : log(&l) {}
    RONDO_COROUTINE_WRAPPER task<> operator()(scope& s) const {
      s.spawn(say_after(1s, "child", *log));
      throw std::runtime_error("no body");
    }
    lines* log;
  };
  lines log;
  const auto main = [](lines& log) -> task<> {
    const std::string outcome = co_await outcome_of(with_scope(body(log)));
    log.push_back(outcome);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"child cancelled", "no body"}));
}

TEST(scope_death, an_empty_task_is_a_bug_that_says_so) {
  const auto main = []() -> task<> {
    co_await with_scope([](scope& s) -> task<> {
      s.spawn(task<>());
      co_return;
    });
  };
  EXPECT_DEATH(run_simulated(main()), "frame");
}

}  // namespace
