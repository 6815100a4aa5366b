// Workers: messages both ways, what leaves them, and every way in which they come to their end, on
// every backend.
#include <rondo/runtime/worker_thread.hpp>

#include <pthread.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>

#include <rondo/async/yield.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/spawn.hpp>

#include "runtime/fixture.hpp"
#include "support/seed.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::cancelled;
using rondo::errc;
using rondo::loop;
using rondo::scope;
using rondo::task;
using rondo::worker_end;
using rondo::worker_exit;
using rondo::worker_options;
using rondo::worker_port;
using rondo::worker_thread;
using rondo::testing::gate;
using rondo::testing::outcome_of;

using number = std::unique_ptr<int>;
using numbers = worker_thread<number, number>;
using port = numbers::port;

/// Sends back what it receives, one larger, until the parent closes.
task<> increment(port& parent) {
  while (auto n = co_await parent.receive()) {
    ++**n;
    co_await parent.send(std::move(*n));
  }
}

/// Waits for a message that never comes.
task<> wait_for_ever(port& parent) {
  const auto message = co_await parent.receive();
  ADD_FAILURE() << "got a message, or the end";
}

task<> fail(port&) {
  co_await rondo::yield_now();
  throw std::runtime_error("broken");
}

class worker_thread_test : public rondo::testing::threads_test {
 protected:
  /// Options with the backend of this test.
  worker_options on_backend() const {
    worker_options options;
    options.backend = GetParam();
    return options;
  }
};

INSTANTIATE_TEST_SUITE_P(backends, worker_thread_test,
                         ::testing::ValuesIn(rondo::testing::granted_backends()),
                         rondo::testing::backend_name);

TEST_P(worker_thread_test, moves_messages_both_ways_in_order) {
  play([](worker_options options) -> task<> {
    auto w = co_await numbers::start(increment, std::move(options));
    for (int i = 0; i < 1000; ++i) {
      co_await w.send(std::make_unique<int>(i));
      const auto back = co_await w.receive();
      if (!back || **back != i + 1) throw std::logic_error("wrong answer");
    }
    w.close();
    EXPECT_FALSE(co_await w.receive());
    co_await w.join();
    EXPECT_TRUE(w.has_ended());
  }(on_backend()));
}

TEST_P(worker_thread_test, makes_senders_wait_where_its_queues_are_full) {
  play([](worker_options options) -> task<> {
    options.to_worker_capacity = 1;
    options.from_worker_capacity = 1;
    auto w = co_await numbers::start(increment, std::move(options));
    int sum = 0;
    auto body = [&](scope& s) -> task<> {
      s.spawn([](numbers& w) -> task<> {
        for (int i = 0; i < 500; ++i) co_await w.send(std::make_unique<int>(i));
        w.close();
      }(w));
      while (auto n = co_await w.receive()) sum += **n;
    };
    co_await rondo::with_scope(body);
    EXPECT_EQ(sum, 500 * 501 / 2);
    co_await w.join();
  }(on_backend()));
}

TEST_P(worker_thread_test, runs_under_its_name_on_a_thread_of_its_own) {
  play([](worker_options options) -> task<> {
    options.name = "counter";
    auto parents = pthread_self();
    auto name_there = [parents](worker_thread<int, std::string>::port& parent) -> task<> {
      char name[32] = {};
      EXPECT_FALSE(pthread_equal(parents, pthread_self()));
      // Set by the parent, maybe only now.
      while (std::string(name) != "counter") pthread_getname_np(pthread_self(), name, sizeof name);
      co_await parent.send(name);
    };
    worker_thread<int, std::string> w(co_await rondo::this_loop(), name_there, std::move(options));
    EXPECT_EQ(co_await w.receive(), "counter");
    EXPECT_STREQ(w.name(), "counter");
    co_await w.join();
  }(on_backend()));
}

TEST_P(worker_thread_test, gives_what_left_it_to_who_joins) {
  play([](worker_options options) -> task<> {
    auto w = co_await numbers::start(fail, std::move(options));
    EXPECT_FALSE(co_await w.receive());  // its port was closed
    EXPECT_EQ(co_await outcome_of(w.join()), "broken");
    EXPECT_EQ(co_await outcome_of(w.join()), "broken");
    const worker_exit exit = co_await w.wait_exit();
    EXPECT_EQ(exit.how, worker_end::failed);
    EXPECT_TRUE(exit.failure);
    const std::string sending = co_await outcome_of(w.send(nullptr));
    EXPECT_NE(sending.find("closed"), std::string::npos) << sending;
    EXPECT_FALSE(w.try_send(nullptr));
  }(on_backend()));
}

TEST_P(worker_thread_test, does_not_pass_on_a_cancel_that_nobody_asked_for) {
  play([](worker_options options) -> task<> {
    auto throws_cancelled = [](port&) -> task<> {
      co_await rondo::yield_now();
      throw cancelled();
    };
    auto w = co_await numbers::start(throws_cancelled, std::move(options));
    const std::string outcome = co_await outcome_of(w.join());
    EXPECT_NE(outcome.find("nobody had called terminate"), std::string::npos) << outcome;
  }(on_backend()));
}

TEST_P(worker_thread_test, tells_the_home_loop_of_its_end) {
  worker_end how = worker_end::returned;
  const auto home = pthread_self();
  loop l;
  worker_options options = on_backend();
  options.on_exit = [&](const worker_exit& exit) {
    EXPECT_TRUE(pthread_equal(home, pthread_self()));
    how = exit.how;
  };
  numbers w(l, fail, std::move(options));
  l.run();  // without a task: it is alive for as long as the worker
  EXPECT_EQ(how, worker_end::failed);
}

TEST_P(worker_thread_test, reports_a_failure_that_nobody_has_seen) {
  std::string reported;
  loop l;
  l.on_uncaught([&](const std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      reported = e.what();
    }
  });
  {
    const numbers w(l, fail, on_backend());
    l.run();
    EXPECT_EQ(reported, "");
  }
  EXPECT_EQ(reported, "broken");
}

TEST_P(worker_thread_test, ends_when_terminated_wherever_it_waits) {
  std::string reason;
  std::atomic<bool> on_its_way_out = false;
  play([](worker_options options, std::string& reason, std::atomic<bool>& out) -> task<> {
    auto waits = [&](port& parent) -> task<> {
      struct leaving {
        std::atomic<bool>& out;
        ~leaving() { out = true; }
      } const here{out};
      try {
        co_await parent.receive();
      } catch (const cancelled& c) {
        reason = c.reason();
        throw;
      }
    };
    auto w = co_await numbers::start(waits, std::move(options));
    w.terminate("enough");
    w.terminate("too late");
    co_await w.join();
    EXPECT_TRUE(out);
    const worker_exit exit = co_await w.wait_exit();
    EXPECT_EQ(exit.how, worker_end::terminated);
    EXPECT_FALSE(exit.failure);
  }(on_backend(), reason, on_its_way_out));
  EXPECT_EQ(reason, "enough");
}

TEST_P(worker_thread_test, can_be_terminated_before_it_has_begun) {
  play([](worker_options options) -> task<> {
    loop& home = co_await rondo::this_loop();
    for (int i = 0; i < 50; ++i) {
      worker_options same;
      same.backend = options.backend;
      numbers w(home, wait_for_ever, std::move(same));
      w.terminate();
      const worker_exit exit = co_await w.wait_exit();
      EXPECT_EQ(exit.how, worker_end::terminated);
      co_await w.wait_online();
    }
  }(on_backend()));
}

TEST_P(worker_thread_test, tells_a_computation_that_it_is_terminated) {
  play([](worker_options options) -> task<> {
    auto computes = [](port& parent) -> task<> {
      while (!parent.is_terminating()) std::this_thread::yield();
      co_return;
    };
    auto w = co_await numbers::start(computes, std::move(options));
    w.terminate();
    co_await w.join();
  }(on_backend()));
}

TEST_P(worker_thread_test, leaves_no_thread_when_its_parent_fails) {
  const auto parent = [](worker_options options) -> task<> {
    const auto w = co_await numbers::start(wait_for_ever, std::move(options));
    throw std::runtime_error("the parent");
  };
  EXPECT_THROW(play(parent(on_backend())), std::runtime_error);
}

TEST_P(worker_thread_test, goes_on_when_a_join_is_cancelled) {
  play([](worker_options options) -> task<> {
    auto w = co_await numbers::start(increment, std::move(options));
    const bool in_time = co_await rondo::within(1ms, w.join());
    EXPECT_FALSE(in_time);
    co_await w.send(std::make_unique<int>(1));
    const auto back = co_await w.receive();
    EXPECT_TRUE(back && **back == 2);
    w.close();
    co_await w.join();
  }(on_backend()));
}

TEST_P(worker_thread_test, keeps_its_home_alive_only_where_it_is_referenced) {
  loop l;
  numbers w(l, wait_for_ever, on_backend());
  EXPECT_TRUE(l.is_alive());
  w.unref();
  EXPECT_FALSE(l.run());
  w.ref();
  EXPECT_TRUE(l.is_alive());
  w.terminate();
  EXPECT_FALSE(l.run());
}

TEST_P(worker_thread_test, says_what_kept_it_from_starting) {
  ::setenv("RONDO_BACKEND", "nonsense", 1);
  play([]() -> task<> {
    EXPECT_NE((co_await outcome_of(numbers::start(increment))).find("nonsense"), std::string::npos);
    worker_options options;
    worker_end how = worker_end::returned;
    options.on_exit = [&](const worker_exit& exit) { how = exit.how; };
    const numbers w(co_await rondo::this_loop(), increment, std::move(options));
    while (how == worker_end::returned) co_await rondo::sleep_for(1ms);
    EXPECT_EQ(how, worker_end::failed);
  }());
  ::unsetenv("RONDO_BACKEND");
}

TEST_P(worker_thread_test, can_be_moved_and_replaced) {
  play([](worker_options options) -> task<> {
    const rondo::io::backend_kind kind = options.backend;
    numbers none;
    numbers w = co_await numbers::start(increment, std::move(options));
    none = std::move(w);
    co_await none.send(std::make_unique<int>(1));
    const auto back = co_await none.receive();
    EXPECT_TRUE(back && **back == 2);
    worker_options same;
    same.backend = kind;
    none = co_await numbers::start(increment, std::move(same));  // ends the first
    none.close();
    co_await none.join();
  }(on_backend()));
}

TEST_P(worker_thread_test, leaves_behind_and_names_what_does_not_end) {
  gate hanging;
  std::string reported;
  loop l;
  l.on_uncaught([&](const std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const rondo::error& e) {
      EXPECT_EQ(e.code(), errc::timed_out);
      reported = e.what();
    }
  });
  {
    worker_options options = on_backend();
    options.name = "stubborn";
    options.on_loop.shutdown_limit = 10ms;
    auto hangs = [&hanging](port&) -> task<> {
      hanging.pass();
      co_return;
    };
    const numbers w(l, hangs, std::move(options));
    hanging.await_arrivals(1);
  }
  EXPECT_NE(reported.find("stubborn"), std::string::npos) << reported;
  EXPECT_FALSE(l.is_alive());
  hanging.open();
}

// No timer, no operation: nothing but the worker keeps the loop alive.
TEST_P(worker_thread_test, is_not_a_deadlock_to_wait_for) {
  const auto parent = [](worker_options options) -> task<> {
    auto w = co_await numbers::start(increment, std::move(options));
    co_await w.send(std::make_unique<int>(1));
    const auto back = co_await w.receive();
    EXPECT_TRUE(back && **back == 2);
    w.close();
    EXPECT_FALSE(co_await w.receive());
    co_await w.join();
  };
  for (int i = 0; i < 100; ++i) {
    loop l;
    rondo::run(l, parent(on_backend()));
  }
}

TEST_P(worker_thread_test, destroyed_while_its_home_has_not_heard_of_its_end) {
  loop l;
  numbers w(l, increment, on_backend());
  w.close();
  rondo::testing::await_condition([&] { return w.has_ended(); });
  w = numbers();
  EXPECT_FALSE(l.run());  // only the notice was left
  numbers again(l, increment, on_backend());
  again.close();
  rondo::testing::await_condition([&] { return again.has_ended(); });
}  // and here the loop goes with the notice in it

TEST_P(worker_thread_test, owns_tasks_that_are_spawned_in_it) {
  std::atomic<int> ended = 0;
  play([](worker_options options, std::atomic<int>& ended) -> task<> {
    auto spawns = [&](port&) -> task<> {
      for (int i = 0; i < 3; ++i) {
        co_await rondo::spawn([](std::atomic<int>& ended) -> task<> {
          struct leaving {
            std::atomic<int>& ended;
            ~leaving() { ++ended; }
          } const here{ended};
          co_await rondo::sleep_for(1h);
        }(ended));
      }
      co_await rondo::sleep_for(1h);
    };
    auto w = co_await numbers::start(spawns, std::move(options));
    w.terminate();
    co_await w.join();
  }(on_backend(), ended));
  EXPECT_LE(ended, 3);
}

// Terminated, closed or destroyed at any moment, under messages both ways.
TEST_P(worker_thread_test, ends_in_every_way_at_any_moment) {
  std::mt19937_64 random(rondo::testing::seed());
  for (int round = 0; round < 40; ++round) {
    play([](worker_options options, std::uint64_t dice) -> task<> {
      auto w = co_await numbers::start(increment, std::move(options));
      auto body = [&](scope& s) -> task<> {
        s.spawn([](numbers& w) -> task<> {
          try {
            for (int i = 0;; ++i) co_await w.send(std::make_unique<int>(i));
          } catch (const rondo::error& e) {
            if (e.code() != errc::closed) throw;
          }
        }(w));
        for (int i = static_cast<int>(dice % 200); i > 0; --i) {
          if (!co_await w.receive()) break;
        }
        switch ((dice >> 8) % 4) {
          case 0:
            w.terminate();
            break;
          case 1:
            w.close();
            break;
          case 2:
            break;  // destroyed behind the scope
          default:
            throw std::runtime_error("the parent");
        }
        s.cancel();
      };
      const std::string outcome = co_await outcome_of(rondo::with_scope(body));
      EXPECT_TRUE(outcome.empty() || outcome == "the parent") << outcome;
    }(on_backend(), random()));
  }
}

}  // namespace
