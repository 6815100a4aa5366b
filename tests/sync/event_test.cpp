// The event: a level, not an edge.
#include <rondo/sync/event.hpp>

#include <gtest/gtest.h>

#include <random>

#include <rondo/async/yield.hpp>

#include "support/seed.hpp"
#include "sync/threads.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::event;
using rondo::scope;
using rondo::task;
using rondo::with_scope;
using rondo::testing::lines;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;

static_assert(sizeof(event) == 32);

task<> wait_for(event& e, std::string name, lines& log) {
  co_await e.wait();
  log.push_back(name);
}

TEST(event, lets_all_go_on_in_order_when_it_is_set_and_none_wait_afterwards) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    event e;
    co_await with_scope([&](scope& s) -> task<> {
      for (const char* name : {"a", "b", "c"}) s.spawn(wait_for(e, name, log));
      co_await rondo::sleep_for(1s);
      EXPECT_TRUE(log.empty());
      EXPECT_FALSE(e.is_set());
      e.set();
      e.set();
      EXPECT_TRUE(e.is_set());
      co_await e.wait();
      log.push_back("main did not wait");
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"main did not wait", "a", "b", "c"}));
}

TEST(event, that_is_reset_at_once_has_let_go_those_who_waited_and_no_others) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    event e;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(wait_for(e, "before", log));
      co_await rondo::yield_now();
      e.set();
      e.reset();
      auto after = s.spawn(wait_for(e, "after", log));
      co_await rondo::sleep_for(1s);
      after.cancel();
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"before"});
}

TEST(event, wait_is_cancelled_though_it_is_set) {
  const auto main = []() -> task<> {
    event e;
    const std::string late = co_await outcome_of(rondo::with_timeout(1s, e.wait()));
    EXPECT_NE(late.find("limit"), std::string::npos) << late;
    e.set();
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      const std::string outcome = co_await outcome_of(e.wait());
      EXPECT_EQ(outcome, "cancelled");
    });
  };
  run_simulated(main());
}

TEST(event, loses_no_wake_up_between_threads) {
  constexpr int rounds = 300;
  std::vector<event> there(rounds);
  std::vector<event> back(rounds);
  rondo::testing::run_in_threads(3, [&](int thread) -> task<> {
    for (std::size_t i = 0; i < rounds; ++i) {
      if (thread == 0) {
        there[i].set();
        co_await back[i].wait();
      } else {
        co_await there[i].wait();
        if (thread == 1) back[i].set();
      }
    }
  });
}

}  // namespace
