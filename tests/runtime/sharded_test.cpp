// Shards: calls between them, their common end, failures and cancels, on every backend.
#include <rondo/runtime/sharded.hpp>

#include <atomic>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>

#include <rondo/async/yield.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/os/thread.hpp>
#include <rondo/sync/barrier.hpp>
#include <rondo/task/for_each.hpp>
#include <rondo/task/spawn.hpp>
#include <rondo/task/when_all.hpp>

#include "runtime/fixture.hpp"
#include "support/seed.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::cancelled;
using rondo::errc;
using rondo::scope;
using rondo::shard;
using rondo::sharded;
using rondo::task;
using rondo::testing::outcome_of;

class sharded_test : public rondo::testing::threads_test {
 protected:
  sharded shards(int count) const {
    sharded how(count);
    how.backend = GetParam();
    return how;
  }
};

INSTANTIATE_TEST_SUITE_P(backends, sharded_test,
                         ::testing::ValuesIn(rondo::testing::granted_backends()),
                         rondo::testing::backend_name);

task<> wait_for_ever() {
  co_await rondo::sleep_for(rondo::duration::max());
}

TEST_P(sharded_test, each_runs_main_on_a_thread_of_its_own) {
  std::atomic<int> indices = 0;
  std::atomic<int> at_home = 0;
  const auto home = std::this_thread::get_id();
  const int status = rondo::run(shards(4), [&](shard& me) -> task<> {
    indices |= 1 << me.index();
    EXPECT_EQ(me.count(), 4);
    if (std::this_thread::get_id() == home) {
      ++at_home;
      EXPECT_EQ(me.index(), 0);
    }
    co_return;
  });
  EXPECT_EQ(status, 0);
  EXPECT_EQ(indices, 0b1111);
  EXPECT_EQ(at_home, 1);
}

TEST_P(sharded_test, one_alone_needs_no_thread) {
  rondo::run(shards(1), [threads = rondo::testing::threads_alive()](shard& me) -> task<> {
    EXPECT_EQ(rondo::testing::threads_alive(), threads);
    EXPECT_EQ(co_await me.call(0, [](int a, int b) { return a + b; }, 1, 2), 3);
  });
}

TEST_P(sharded_test, as_many_as_there_are_processors) {
  std::atomic<int> count = 0;
  rondo::run(shards(0), [&](shard& me) -> task<> {
    count = me.count();
    co_return;
  });
  EXPECT_EQ(count, rondo::os::processors());
}

TEST_P(sharded_test, call_brings_back_what_a_function_returns_or_a_task_yields) {
  rondo::run(shards(3), [](shard& me) -> task<> {
    const int next = (me.index() + 1) % 3;
    const auto mine = std::this_thread::get_id();
    const auto elsewhere = [mine](std::unique_ptr<int> n) {
      EXPECT_NE(std::this_thread::get_id(), mine);
      return std::make_unique<int>(*n + 1);
    };
    const auto back = co_await me.call(next, elsewhere, std::make_unique<int>(41));
    EXPECT_EQ(*back, 42);
    const auto later = [](std::string text) -> task<std::string> {
      co_await rondo::sleep_for(1ms);
      co_return text + "!";
    };
    EXPECT_EQ(co_await me.call(next, later, std::string("later")), "later!");
    bool called = false;
    const auto calls_here = [&] { called = true; };
    co_await me.call(next, calls_here);
    EXPECT_TRUE(called);
    EXPECT_EQ(std::this_thread::get_id(), mine);
  });
}

TEST_P(sharded_test, call_brings_back_what_was_thrown) {
  rondo::run(shards(2), [](shard& me) -> task<> {
    const int other = 1 - me.index();
    const auto fails = [] { throw std::runtime_error("at once"); };
    EXPECT_EQ(co_await outcome_of(me.call(other, fails)), "at once");
    const auto fails_later = []() -> task<int> {
      co_await rondo::yield_now();
      throw std::runtime_error("later");
    };
    EXPECT_EQ(co_await outcome_of(me.call(other, fails_later)), "later");
    const auto throws_cancelled = []() -> task<> {
      co_await rondo::yield_now();
      throw cancelled();
    };
    const std::string outcome = co_await outcome_of(me.call(other, throws_cancelled));
    EXPECT_NE(outcome.find("was cancelled before"), std::string::npos) << outcome;
  });
}

TEST_P(sharded_test, a_shard_serves_others_after_its_main_has_ended) {
  std::atomic<int> served = 0;
  rondo::run(shards(4), [&](shard& me) -> task<> {
    if (me.index() != 3) co_return;
    const auto serve = [&] { ++served; };
    for (int round = 0; round < 100; ++round) {
      for (int other = 0; other < 4; ++other) co_await me.call(other, serve);
    }
  });
  EXPECT_EQ(served, 400);
}

TEST_P(sharded_test, calls_of_many_tasks_are_bounded_and_all_come_back) {
  auto how = shards(2);
  how.calls_in_flight = 3;
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  std::atomic<long> sum = 0;
  rondo::barrier three(3);  // so many meet there again and again
  rondo::run(std::move(how), [&](shard& me) -> task<> {
    if (me.index() != 0) co_return;
    const auto there = [&](int i) -> task<int> {
      const int now = ++at_once;
      if (now > most) most = now;
      co_await three.arrive_and_wait();
      --at_once;
      co_return i;
    };
    auto body = [&](scope& s) -> task<> {
      for (int i = 0; i < 201; ++i) {
        s.spawn([](shard& me, auto there, int i, std::atomic<long>& sum) -> task<> {
          sum += co_await me.call(1, there, i);
        }(me, there, i, sum));
      }
      co_return;
    };
    co_await rondo::with_scope(body);
  });
  EXPECT_EQ(sum, 201 * 200 / 2);
  EXPECT_EQ(most, 3);
}

TEST_P(sharded_test, a_cancel_reaches_the_task_on_the_other_shard) {
  std::atomic<bool> was_cancelled = false;
  rondo::run(shards(2), [&](shard& me) -> task<> {
    if (me.index() != 0) co_return;
    const auto waits = [&]() -> task<> {
      try {
        co_await wait_for_ever();
      } catch (const cancelled&) {
        was_cancelled = true;
        throw;
      }
    };
    EXPECT_FALSE(co_await rondo::within(5ms, me.call(1, waits)));
    EXPECT_TRUE(was_cancelled);  // its end was awaited
  });
}

TEST_P(sharded_test, a_result_that_comes_in_spite_of_a_cancel_is_kept) {
  rondo::run(shards(2), [](shard& me) -> task<> {
    if (me.index() != 0) co_return;
    const auto insists = []() -> task<int> {
      try {
        co_await wait_for_ever();
      } catch (const cancelled&) {  // NOLINT(bugprone-empty-catch)
      }
      co_return 7;
    };
    const auto got = co_await rondo::within(5ms, me.call(1, insists));
    EXPECT_EQ(got.value_or(0), 7);
  });
}

TEST_P(sharded_test, post_runs_there_and_belongs_there) {
  std::atomic<int> ran = 0;
  std::atomic<bool> ended = false;
  rondo::run(shards(2), [&](shard& me) -> task<> {
    if (me.index() != 0) co_return;
    const auto mine = std::this_thread::get_id();
    me.post(1, [&, mine] { ran += std::this_thread::get_id() != mine ? 1 : 100; });
    me.post(1, [&]() -> task<> {
      struct leaving {
        std::atomic<bool>& ended;
        ~leaving() { ended = true; }
      } const here{ended};
      co_await rondo::yield_now();
      ++ran;
      co_await wait_for_ever();  // until all have ended
    });
    co_await rondo::testing::until([&] { return ran == 2; });
    EXPECT_FALSE(ended);
  });
  EXPECT_EQ(ran, 2);
  EXPECT_TRUE(ended);
}

TEST_P(sharded_test, the_first_failure_cancels_all) {
  std::atomic<int> cancels = 0;
  const auto main = [&](shard& me) -> task<> {
    if (me.index() == 2) {
      co_await rondo::yield_now();
      throw std::runtime_error("the third");
    }
    try {
      co_await wait_for_ever();
    } catch (const cancelled&) {
      ++cancels;
      throw;
    }
  };
  try {
    rondo::run(shards(4), main);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "the third");
  }
  EXPECT_EQ(cancels, 3);
}

TEST_P(sharded_test, several_failures_come_as_a_group) {
  rondo::barrier all(3);
  const auto main = [&](shard& me) -> task<> {
    co_await all.arrive_and_wait();
    throw std::runtime_error("shard " + std::to_string(me.index()));
  };
  try {
    rondo::run(shards(3), main);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const rondo::failure_group& group) {
    EXPECT_GE(group.failures().size(), 2u);
  } catch (const std::runtime_error&) {  // NOLINT(bugprone-empty-catch)
    // The others were cancelled before they had thrown.
  }
}

TEST_P(sharded_test, what_callbacks_and_posts_throw_is_a_failure) {
  const auto callback_fails = [](shard& me) -> task<> {
    if (me.index() == 1) {
      rondo::loop& here = co_await rondo::this_loop();
      here.call_soon([] { throw std::runtime_error("a callback"); });
    }
    co_await wait_for_ever();
  };
  EXPECT_THROW(rondo::run(shards(2), callback_fails), std::runtime_error);
  const auto post_fails = [](shard& me) -> task<> {
    if (me.index() == 0) me.post(1, [] { throw std::runtime_error("a post"); });
    co_await wait_for_ever();
  };
  EXPECT_THROW(rondo::run(shards(2), post_fails), std::runtime_error);
  const auto posted_task_fails = [](shard& me) -> task<> {
    if (me.index() == 0) {
      me.post(1, []() -> task<> {
        co_await rondo::yield_now();
        throw std::runtime_error("a posted task");
      });
    }
    co_await wait_for_ever();
  };
  EXPECT_THROW(rondo::run(shards(2), posted_task_fails), std::runtime_error);
}

TEST_P(sharded_test, cancel_all_ends_all_without_a_failure) {
  std::atomic<int> reasons = 0;
  const auto main = [&](shard& me) -> task<> {
    if (me.index() == 1) me.cancel_all("enough");
    try {
      co_await wait_for_ever();
    } catch (const cancelled& c) {
      if (c.reason() == "enough") ++reasons;
      throw;
    }
  };
  EXPECT_EQ(rondo::run(shards(3), main), 0);
  EXPECT_EQ(reasons, 3);
}

TEST_P(sharded_test, what_is_spawned_ends_with_main) {
  std::atomic<int> ended = 0;
  rondo::run(shards(2), [&](shard& me) -> task<> {
    const int other = 1 - me.index();
    auto calls_on = [](shard& me, int other, std::atomic<int>& ended) -> task<> {
      struct leaving {
        std::atomic<int>& ended;
        ~leaving() { ++ended; }
      } const here{ended};
      for (;;) co_await me.call(other, [] {});
    };
    co_await rondo::spawn(calls_on(me, other, ended));
    for (int i = 0; i < 20; ++i) co_await me.call(other, [] {});
  });
  EXPECT_EQ(ended, 2);
}

TEST_P(sharded_test, listeners_share_a_port) {
  std::atomic<int> ports[3] = {};
  rondo::barrier all(3);
  rondo::run(shards(3), [&](shard& me) -> task<> {
    for (int round = 0; round < 2; ++round) {
      auto listener = co_await me.bind<rondo::tcp_listener>(
          rondo::socket_address::parse("127.0.0.1:0").value());
      const int port = listener.local_address().value().port();
      EXPECT_NE(port, 0);
      ports[me.index()] = port;
      co_await all.arrive_and_wait();
      EXPECT_EQ(ports[0], ports[1]);
      EXPECT_EQ(ports[0], ports[2]);
      co_await all.arrive_and_wait();
    }
  });
}

TEST_P(sharded_test, may_be_pinned_to_processors) {
  auto how = shards(2);
  how.pin = true;
  const int before = rondo::os::processors();
  rondo::run(std::move(how), [](shard&) -> task<> {
    EXPECT_EQ(rondo::os::processors(), 1);
    co_return;
  });
  EXPECT_EQ(rondo::os::processors(), before);
}

TEST_P(sharded_test, says_what_kept_it_from_starting) {
  ::setenv("RONDO_BACKEND", "nonsense", 1);
  const auto main = [](shard&) -> task<> {
    ADD_FAILURE() << "it has begun";
    co_return;
  };
  EXPECT_ANY_THROW(rondo::run(sharded(3), main));
  ::unsetenv("RONDO_BACKEND");
}

// Calls in all directions, some cancelled, until somebody fails, cancels all, or all have ended.
TEST_P(sharded_test, ends_in_every_way_at_any_moment) {
  std::mt19937_64 random(rondo::testing::seed());
  for (int round = 0; round < 30; ++round) {
    const std::uint64_t dice = random();
    const auto work = [](shard& me, std::uint64_t seed) -> task<> {
      std::mt19937_64 random(seed);
      for (int i = 0; i < 60; ++i) {
        const auto there = [](int n, std::uint64_t dice) -> task<int> {
          if (dice % 3 == 0) co_await rondo::yield_now();
          if (dice % 3 == 1) co_await rondo::sleep_for(20us);
          co_return n + 1;
        };
        const int other = static_cast<int>(random() % 3);
        if (random() % 4 == 0) {
          auto call = me.call(other, there, i, random());
          static_cast<void>(co_await rondo::within(10us, std::move(call)));
        } else {
          EXPECT_EQ(co_await me.call(other, there, i, random()), i + 1);
        }
        if (random() % 16 == 0) {
          me.post(other, []() -> task<> { co_await rondo::sleep_for(30us); });
        }
      }
    };
    const auto main = [&](shard& me) -> task<> {
      const auto index = static_cast<std::uint64_t>(me.index());
      co_await rondo::spawn(work(me, dice + 100 + index));
      co_await rondo::when_all(work(me, dice + index), work(me, dice + 10 + index));
      if (dice % 3 == 0 && index == dice % 2) throw std::runtime_error("failed");
      if (dice % 3 == 1 && index == dice % 2) me.cancel_all();
      if (dice % 3 != 2) co_await wait_for_ever();
    };
    std::string outcome;
    try {
      rondo::run(shards(3), main);
    } catch (const std::exception& e) {
      outcome = e.what();
    }
    EXPECT_EQ(outcome, dice % 3 == 0 ? "failed" : "");
  }
}

}  // namespace
