// Promises and tasks: awaiting one, cancelling the wait, making one of a task; and promises put
// together.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>

#include <rondo/async/promise_combinators.hpp>
#include <rondo/async/promise_of.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/async/unhandled_rejection.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/base/error.hpp>
#include <rondo/task/frame_pool.hpp>
#include <rondo/task/when_all.hpp>

#include "support/seed.hpp"
#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::errc;
using rondo::loop;
using rondo::promise;
using rondo::promise_resolver;
using rondo::scope;
using rondo::task;
using rondo::with_scope;
using rondo::testing::fail_after;
using rondo::testing::lines;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;
using rondo::testing::value_after;

template <class T = void>
task<promise<T>> promise_after(rondo::duration delay, T value) {
  loop& l = co_await rondo::this_loop();
  co_return promise<T>(l, [&](auto resolver) {
    l.set_timeout(delay, [resolver, value] { resolver.resolve(value); });
  });
}

TEST(promise_await, yields_the_value_or_throws_the_reason) {
  const auto main = []() -> task<> {
    loop& l = co_await rondo::this_loop();
    const auto later = co_await promise_after(1s, 42);
    int got = co_await later;
    EXPECT_EQ(got, 42);
    got = co_await later;
    EXPECT_EQ(got, 42);
    auto moved = co_await promise<std::unique_ptr<int>>::resolved(l, std::make_unique<int>(3));
    EXPECT_EQ(*moved, 3);
    const auto fails = promise<int>::rejected(l, std::runtime_error("reason"));
    const std::string outcome = co_await outcome_of(fails);
    EXPECT_EQ(outcome, "reason");
    auto [one, two] = co_await rondo::when_all(later, promise<>::resolved(l));
    EXPECT_EQ(one, 42);
    static_cast<void>(two);
  };
  run_simulated(main());
}

TEST(promise_await, of_a_broken_one_throws) {
  const auto main = []() -> task<> {
    loop& l = co_await rondo::this_loop();
    auto made = promise<int>::with_resolver(l);
    l.set_timeout(1s, [r = std::move(made.resolver)] {});
    try {
      co_await made.promise;
      ADD_FAILURE();
    } catch (const rondo::error& e) {
      EXPECT_EQ(e.code(), errc::broken_promise);
    }
  };
  run_simulated(main());
}

TEST(promise_await, of_what_nobody_settles_is_a_deadlock_that_is_reported) {
  const auto main = [](promise<> p) -> task<> { co_await p; };
  rondo::simulated_clock time;
  rondo::loop_options options;
  options.time = &time;
  loop l(std::move(options));
  const auto made = promise<>::with_resolver(l);
  try {
    rondo::run(l, main(made.promise));
    ADD_FAILURE();
  } catch (const rondo::error& e) {
    EXPECT_EQ(e.code(), errc::deadlock);
  }
  made.resolver.resolve();
  rondo::run(l, main(made.promise));
}

TEST(promise_await, a_cancelled_waiter_leaves_and_the_promise_goes_on) {
  const auto main = []() -> task<> {
    const auto p = co_await promise_after(2s, 7);
    int reacted = 0;
    p.then([&](int n) { reacted += n; });
    const std::string outcome = co_await outcome_of(rondo::with_timeout(1s, p));
    EXPECT_TRUE(outcome.starts_with("with_timeout")) << outcome;
    p.then([&](int n) { reacted += n; });
    const int got = co_await p;
    EXPECT_EQ(got, 7);
    EXPECT_EQ(reacted, 14);
  };
  run_simulated(main());
}

TEST(promise_await, keeps_what_was_granted_before_the_cancel) {
  const auto main = []() -> task<> {
    loop& l = co_await rondo::this_loop();
    auto [p, resolver] = promise<int>::with_resolver(l);
    int got = 0;
    std::string next;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([](promise<int> p, int& got, std::string& next) -> task<> {
        got = co_await p;
        next = co_await outcome_of(p);  // granted at once, but for the cancel
      }(p, got, next));
      co_await rondo::yield_now();
      resolver.resolve(5);
      s.cancel();
    });
    EXPECT_EQ(got, 5);
    EXPECT_EQ(next, "cancelled");
  };
  run_simulated(main());
}

TEST(promise_await, waiters_leave_from_anywhere_in_the_line) {
  const auto main = []() -> task<> {
    std::mt19937_64 random(rondo::testing::seed());
    loop& l = co_await rondo::this_loop();
    auto [p, resolver] = promise<int>::with_resolver(l);
    std::vector<int> got;
    constexpr int waiters = 50;
    co_await with_scope([&](scope& s) -> task<> {
      const auto wait = [](promise<int> p, int i, std::vector<int>& got) -> task<> {
        co_await p;
        got.push_back(i);
      };
      std::vector<rondo::join_handle<>> handles;
      for (int i = 0; i < waiters; ++i) handles.push_back(s.spawn(wait(p, i, got)));
      co_await rondo::yield_now();
      std::vector<int> expected;
      for (int i = 0; i < waiters; ++i) {
        if (random() % 2 == 0) {
          handles[static_cast<std::size_t>(i)].cancel();
        } else {
          expected.push_back(i);
        }
      }
      resolver.resolve(1);
      co_await rondo::yield_now();
      EXPECT_EQ(got, expected);
    });
  };
  run_simulated(main());
}

TEST(promise_await, of_settled_ones_for_ever_does_not_starve_io) {
  const auto main = []() -> task<> {
    loop& l = co_await rondo::this_loop();
    const auto p = promise<>::resolved(l);
    bool over = false;
    l.set_timeout(1ms, [&over] { over = true; });
    while (!over) co_await p;
  };
  rondo::run(main());
}

TEST(promise_of, carries_the_value_and_the_failure_and_nothing_else) {
  const auto main = []() -> task<> {
    lines log;
    co_await with_scope([&log](scope& s) -> task<> {
      rondo::promise_of(s, value_after(2s, 9)).then([&log](int n) {
        log.push_back(std::to_string(n));
      });
      const auto fails = rondo::promise_of(s, fail_after(1s, "failed"));
      const std::string outcome = co_await outcome_of(fails);
      log.push_back(outcome);
    });
    co_await rondo::yield_now();  // the reaction to the last one
    EXPECT_EQ(log, (lines{"failed", "9"}));
    const auto rooted = co_await rondo::promise_of(value_after(1s, 3));
    const int got = co_await rooted;
    EXPECT_EQ(got, 3);
  };
  run_simulated(main());
}

TEST(promise_of, goes_on_where_the_handle_is_dropped_and_fails_aloud) {
  const auto main = [](lines& log) -> task<> {
    loop& l = co_await rondo::this_loop();
    rondo::on_unhandled_rejection(l, [&log](const auto&) { log.emplace_back("unhandled"); });
    co_await with_scope([&log](scope& s) -> task<> {
      rondo::promise_of(s, rondo::testing::say_after(1s, "said", log));
      rondo::promise_of(s, fail_after(2s, "failed"));
      co_return;
    });
    log.emplace_back("scope left");
  };
  lines log;
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"said", "scope left", "unhandled"}));
}

TEST(promise_of, is_rejected_quietly_where_its_scope_is_cancelled) {
  const auto main = []() -> task<> {
    promise<int> p;
    promise<int> unheard;
    co_await with_scope([&](scope& s) -> task<> {
      p = rondo::promise_of(s, value_after(1h, 1));
      unheard = rondo::promise_of(s, value_after(1h, 1));
      co_await rondo::yield_now();
      s.cancel("enough");
    });
    const std::string outcome = co_await outcome_of(p);
    EXPECT_EQ(outcome, "promise: its task was cancelled: enough");
    EXPECT_TRUE(unheard.is_rejected());
  };
  run_simulated(main());
}

// Together ---------------------------------------------------------------------------------------

TEST(promises_together, of_different_types_yield_a_tuple) {
  loop l;
  using pointer = std::unique_ptr<int>;
  auto all = rondo::promise_all(promise<int>::resolved(l, 1), promise<>::resolved(l),
                                promise<pointer>::resolved(l, std::make_unique<int>(2)));
  int sum = 0;
  all.then([&](std::tuple<int, rondo::unit, pointer> values) {
    sum = std::get<0>(values) + *std::get<2>(values);
  });
  const std::vector<promise<>> none;
  const std::vector voids(3, promise<>::resolved(l));
  const promise<> all_voids = rondo::promise_all(l, voids);
  EXPECT_TRUE(rondo::promise_all(l, none).is_fulfilled());
  l.run();
  EXPECT_EQ(sum, 3);
  EXPECT_TRUE(all_voids.is_fulfilled());
}

TEST(promises_together, keep_all_reasons_in_order) {
  loop l;
  std::vector<promise_resolver<>> resolvers;
  std::vector<promise<>> all;
  for (int i = 0; i < 3; ++i) {
    auto made = promise<>::with_resolver(l);
    resolvers.push_back(made.resolver);
    all.push_back(made.promise);
  }
  std::string text;
  rondo::promise_any(l, all).catch_error<rondo::failure_group>(
      [&](const rondo::failure_group& group) { text = group.what(); });
  for (const int i : {2, 0, 1}) {
    resolvers[static_cast<std::size_t>(i)].reject(std::runtime_error(std::to_string(i)));
  }
  l.run();
  EXPECT_EQ(text, "3 tasks failed: 0; 1; 2");
}

TEST(promises_together, let_go_of_the_others_once_it_is_decided) {
  loop l;
  auto slow = promise<std::shared_ptr<int>>::with_resolver(l);
  auto fast = promise<std::shared_ptr<int>>::with_resolver(l);
  const auto value = std::make_shared<int>(1);
  int seen = 0;
  rondo::promise_race(slow.promise, fast.promise).then([&](const auto& v) { seen = *v; });
  fast.resolver.resolve(value);
  fast = {};
  l.run();
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(value.use_count(), 1);
  slow.promise.catch_error([](const std::exception_ptr&) { return std::shared_ptr<int>(); });
  slow.resolver = {};
  l.run();
}

/// Random promises put together at random, settled in a random order: nothing is left, nothing is
/// called twice, and what is not settled by a resolver is broken.
TEST(promises_together, at_random_settle_all_and_leave_nothing) {
  std::mt19937_64 random(rondo::testing::seed());
  const long before = rondo::frame_pool::live_blocks();
  for (int round = 0; round < 200; ++round) {
    loop l;
    rondo::on_unhandled_rejection(l, [](const auto&) {});
    std::vector<promise<int>> all;
    std::vector<promise_resolver<int>> resolvers;
    const auto any_of_them = [&] { return all[random() % all.size()]; };
    for (int i = 0; i < 4; ++i) {
      auto made = promise<int>::with_resolver(l);
      all.push_back(made.promise);
      resolvers.push_back(made.resolver);
    }
    long calls = 0;
    for (int i = 0; i < 60; ++i) {
      const auto p = any_of_them();
      switch (random() % 8) {
        case 0:
          all.push_back(p.then([&](int n) { return ++calls, n + 1; }));
          break;
        case 1:
          all.push_back(p.then([&, q = any_of_them()](int) { return ++calls, q; }));
          break;
        case 2:
          all.push_back(p.catch_error([&](const auto&) { return ++calls, 0; }));
          break;
        case 3:
          all.push_back(p.finally_do([&, q = any_of_them()] { return ++calls, q; }));
          break;
        case 4:
          all.push_back(rondo::promise_race(p, any_of_them(), any_of_them()));
          break;
        case 5:
          all.push_back(rondo::promise_any(p, any_of_them()));
          break;
        case 6:
          all.push_back(rondo::promise_all(p, any_of_them()).then([&](const auto& both) -> int {
            ++calls;
            if (std::get<0>(both) % 3 == 0) throw std::runtime_error("three");
            return std::get<1>(both);
          }));
          break;
        default:
          if (random() % 4 == 0) resolvers[random() % resolvers.size()].resolve(any_of_them());
          if (random() % 4 == 0) resolvers[random() % resolvers.size()].resolve(i);
          if (random() % 2 == 0) l.run();
      }
    }
    const bool to_the_end = round % 4 != 0;
    if (to_the_end) {
      resolvers.clear();
      l.run();
      const auto pending = std::ranges::count_if(all, &promise<int>::is_pending);
      EXPECT_EQ(pending, 0) << "in round " << round;
    }
  }
  EXPECT_EQ(rondo::frame_pool::live_blocks(), before);
}

}  // namespace
