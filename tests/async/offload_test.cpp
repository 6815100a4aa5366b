// offload: results and failures from another thread, and a cancel at every point of the way.
#include <rondo/async/offload.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <thread>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/when_all.hpp>

#include "support/gate.hpp"
#include "support/seed.hpp"
#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::blocking_pool;
using rondo::errc;
using rondo::loop;
using rondo::loop_options;
using rondo::offload;
using rondo::offload_options;
using rondo::on_cancel;
using rondo::pool_options;
using rondo::scope;
using rondo::stop_flag;
using rondo::task;
using rondo::when_all;
using rondo::with_scope;
using rondo::work_kind;
using rondo::testing::await_condition;
using rondo::testing::gate;
using rondo::testing::outcome_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

pool_options one_of_each() {
  pool_options options;
  options.files = options.names = options.other = options.cpu = 1;
  return options;
}

loop_options on(blocking_pool& pool) {
  loop_options options;
  options.pool = &pool;
  return options;
}

TEST(offload, yields_the_result_here_of_what_ran_elsewhere) {
  const auto main = []() -> task<> {
    const auto here = std::this_thread::get_id();
    const auto there = co_await offload([] { return std::this_thread::get_id(); });
    EXPECT_NE(there, here);
    EXPECT_EQ(std::this_thread::get_id(), here);
    int n = 1;
    co_await offload([&] { ++n; });  // nothing, and by reference
    int& same = co_await offload([&]() -> int& { return n; });
    EXPECT_EQ(&same, &n);
    EXPECT_EQ(n, 2);
    auto owned = std::make_unique<int>(3);
    auto hand_back = [p = std::move(owned)]() mutable { return std::move(p); };
    const std::unique_ptr<int> back = co_await offload(std::move(hand_back));
    EXPECT_EQ(*back, 3);
    const bool asked = co_await offload([](stop_flag s) { return s.stop_requested(); });
    EXPECT_FALSE(asked);
  };
  rondo::run(main());
}

TEST(offload, throws_here_what_was_thrown_there) {
  const auto main = []() -> task<> {
    const std::string outcome =
        co_await outcome_of(offload([]() -> int { throw std::runtime_error("no such record"); }));
    EXPECT_EQ(outcome, "no such record");
  };
  rondo::run(main());
}

TEST(offload, many_times_at_once_each_yields_its_own) {
  const auto main = []() -> task<> {
    std::vector<task<int>> work;
    for (int i = 0; i < 10'000; ++i) {
      const auto kind = static_cast<work_kind>(i % rondo::work_kinds);
      work.push_back(rondo::as_task(offload(kind, [i] { return i; })));
    }
    const std::vector<int> results = co_await when_all(std::move(work));
    for (int i = 0; i < 10'000; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)], i);
  };
  rondo::run(main());
}

TEST(offload, on_every_backend) {
  const auto main = []() -> task<int> {
    int sum = 0;
    for (int i = 0; i < 100; ++i) {
      sum += co_await offload([i] { return i; });
    }
    co_return sum;
  };
  for (const rondo::io::candidate& c : rondo::io::candidates()) {
    if (!c.granted) continue;
    loop_options options;
    auto made = rondo::io::make_backend(c.kind);
    ASSERT_TRUE(made.has_value());
    options.backend = std::move(*made);
    EXPECT_EQ(rondo::run(main(), std::move(options)), 4950);
  }
}

TEST(offload, is_what_keeps_the_loop_alive_with_its_name) {
  gate hang;
  const auto main = [](gate& hang) -> task<> {
    loop& l = co_await rondo::this_loop();
    l.set_immediate([&] {
      const std::vector<rondo::holder> why = l.holders();
      ASSERT_THAT(why, SizeIs(1));
      EXPECT_STREQ(why[0].kind, "work");
      EXPECT_EQ(why[0].name, "look-up");
      EXPECT_THAT(why[0].where.file_name(), HasSubstr("offload_test"));
      hang.open();
    });
    co_await offload({work_kind::names, "look-up"}, [&] { hang.pass(); });
  };
  rondo::run(main(hang));
}

TEST(offload, in_simulated_time_takes_none) {
  gate hang;
  const auto main = [](gate& hang) -> task<> {
    std::jthread opener([&] {
      hang.await_arrivals(1);
      hang.open();
    });
    const int value = co_await rondo::with_timeout(1s, offload([&] {
                                                     hang.pass();
                                                     return 1;
                                                   }));
    EXPECT_EQ(value, 1);
    const long now = co_await rondo::testing::now_ms();
    EXPECT_EQ(now, 0);
  };
  rondo::testing::run_simulated(main(hang));
}

TEST(offload, where_no_thread_can_be_had_says_so) {
  pool_options options;
  options.stack_bytes = std::size_t{1} << 60;
  blocking_pool pool(options);
  const auto main = []() -> task<> {
    const std::string outcome = co_await outcome_of(offload([] {}));
    EXPECT_THAT(outcome, HasSubstr("ulimit"));
  };
  rondo::run(main(), on(pool));
}

TEST(offload, to_a_pool_that_ends_first_is_told_so) {
  gate hang;
  blocking_pool pool(one_of_each());
  const auto main = [](gate& hang, blocking_pool& pool) -> task<> {
    auto second = [](blocking_pool& pool, gate& hang) -> task<std::string> {
      loop& l = co_await rondo::this_loop();
      l.set_immediate([&] {
        hang.await_arrivals(1);
        EXPECT_THAT(pool.shutdown(rondo::duration()), SizeIs(1));
        hang.open();
      });
      const std::string outcome =
          co_await outcome_of(offload([] { ADD_FAILURE() << "was dropped"; }));
      co_return outcome;
    };
    auto [first, outcome] = co_await when_all(rondo::as_task(offload([&] {
                                                hang.pass();
                                                return 1;
                                              })),
                                              second(pool, hang));
    EXPECT_EQ(first, 1);
    EXPECT_THAT(outcome, HasSubstr("shut down"));
  };
  rondo::run(main(hang, pool), on(pool));
}

// Cancelling --------------------------------------------------------------------------------------

TEST(offload, in_a_cancelled_scope_never_begins) {
  const auto main = []() -> task<> {
    co_await with_scope([](scope& s) -> task<> {
      s.cancel();
      co_await offload([] { ADD_FAILURE() << "the scope was cancelled"; });
    });
    loop& l = co_await rondo::this_loop();
    EXPECT_EQ(l.pool().counts().threads, 0);
  };
  rondo::run(main());
}

TEST(offload, that_is_queued_is_taken_back_at_once) {
  gate hang;
  blocking_pool pool(one_of_each());
  const auto main = [](gate& hang, blocking_pool& pool) -> task<> {
    loop& l = co_await rondo::this_loop();
    l.queue_work([&] { hang.pass(); }, [](const std::exception_ptr&) {});
    hang.await_arrivals(1);
    for (const on_cancel then : {on_cancel::wait, on_cancel::abandon}) {
      co_await with_scope([&](scope& s) -> task<> {
        const auto captured = std::make_shared<int>(0);
        std::string outcome;
        {
          auto offloading = [](std::shared_ptr<int> mine, on_cancel then,
                               std::string& outcome) -> task<> {
            offload_options options(work_kind::other, "queued", then);
            auto f = [p = std::move(mine)] { ADD_FAILURE() << "was taken back"; };
            outcome = co_await outcome_of(offload(std::move(options), std::move(f)));
          };
          auto waiting = s.spawn(offloading(captured, then, outcome));
          while (pool.counts().of(work_kind::other).queued == 0) co_await rondo::yield_now();
          waiting.cancel("not needed any more");
          co_await waiting;
        }
        EXPECT_EQ(outcome, "cancelled");
        EXPECT_EQ(captured.use_count(), 1);
        EXPECT_EQ(pool.counts().of(work_kind::other).queued, 0);
      });
    }
    hang.open();
  };
  rondo::run(main(hang, pool), on(pool));
}

TEST(offload, that_runs_is_waited_for_and_its_result_kept) {
  gate hang;
  const auto main = [](gate& hang) -> task<> {
    std::vector<std::string> log;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([](gate& hang, std::vector<std::string>& log) -> task<> {
        std::string mine = "frame";  // which the function may use, since nobody leaves before it
        const std::string result = co_await offload([&](stop_flag stop) {
          hang.pass();
          return mine + (stop.stop_requested() ? ", asked to stop" : "");
        });
        log.push_back(result);
        co_await rondo::sleep_for(0s);  // the next await meets the cancel
        log.emplace_back("went on");
      }(hang, log));
      while (hang.arrivals() == 0) co_await rondo::yield_now();
      s.cancel();
      hang.open();
    });
    EXPECT_THAT(log, ElementsAre("frame, asked to stop"));
  };
  rondo::run(main(hang));
}

TEST(offload, that_has_ended_keeps_its_result_though_a_cancel_comes_before_it_is_resumed) {
  for (const on_cancel then : {on_cancel::wait, on_cancel::abandon}) {
    const auto main = [](on_cancel then) -> task<> {
      int result = 0;
      co_await with_scope([&](scope& s) -> task<> {
        s.spawn([](on_cancel then, int& result) -> task<> {
          offload_options options(work_kind::other, "quick", then);
          result = co_await offload(std::move(options), [] { return 7; });
        }(then, result));
        co_await rondo::yield_now();
        loop& l = co_await rondo::this_loop();
        // Delivered to the loop, which has not taken it yet, since this task does not let it.
        await_condition([&] { return l.pool().counts().of(work_kind::other).completed == 1; });
        await_condition([&] { return l.pool().counts().idle_threads == 1; });
        s.cancel();
      });
      EXPECT_EQ(result, 7);
    };
    rondo::run(main(then));
  }
}

TEST(offload, may_end_early_where_it_asks) {
  const auto main = []() -> task<> {
    std::atomic<bool> began{false};
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([](std::atomic<bool>& began) -> task<> {
        const long rounds = co_await offload(work_kind::cpu, [&](stop_flag stop) {
          long n = 0;
          while (!stop.stop_requested()) {
            ++n;
            began = true;
          }
          return n;
        });
        EXPECT_GT(rounds, 0);
      }(began));
      while (!began) co_await rondo::yield_now();
      s.cancel();
    });
  };
  rondo::run(main());
}

TEST(offload, that_may_be_abandoned_is_left_to_itself) {
  gate hang;
  const auto captured = std::make_shared<gate>();
  const auto main = [](gate& hang, std::shared_ptr<gate> captured) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([](gate& hang, std::shared_ptr<gate> captured) -> task<> {
        offload_options options(work_kind::names, "hang", on_cancel::abandon);
        auto f = [captured, &hang](stop_flag stop) {
          hang.pass();
          EXPECT_TRUE(stop.stop_requested());
          captured->open();
          return std::string(100, 'x');
        };
        co_await offload(std::move(options), std::move(f));
        ADD_FAILURE() << "was abandoned";
      }(hang, captured));
      while (hang.arrivals() == 0) co_await rondo::yield_now();
      s.cancel();
    });
    loop& l = co_await rondo::this_loop();
    EXPECT_FALSE(l.has_work());
  };
  rondo::run(main(hang, captured));  // loop and pool end without it
  EXPECT_EQ(captured.use_count(), 2);
  hang.open();
  captured->pass();
  await_condition([&] { return captured.use_count() == 1; });
}

TEST(offload, that_is_abandoned_and_not_asked_for_leaves_nothing) {
  blocking_pool pool;
  const auto main = []() -> task<> {
    for (int i = 0; i < 200; ++i) {
      co_await with_scope([&](scope& s) -> task<> {
        auto waiting = s.spawn([]() -> task<> {
          offload_options options(work_kind::other, "short", on_cancel::abandon);
          const std::string outcome = co_await outcome_of(
              offload(std::move(options), [] { return std::string(100, 'x'); }));
          EXPECT_TRUE(outcome.empty() || outcome == "cancelled") << outcome;
        }());
        co_await rondo::yield_now();
        for (int turns = i % 4; turns > 0; --turns) co_await rondo::yield_now();
        s.cancel();
      });
    }
  };
  rondo::run(main(), on(pool));
}

TEST(offload, races_with_cancels_and_every_task_ends_once) {
  std::mt19937_64 random(rondo::testing::seed());
  struct tally {
    std::atomic<int> performed{0};
    int values = 0;
    int cancels = 0;
  };
  const auto one = [](tally& t, on_cancel then) -> task<> {
    bool was_cancelled = false;
    try {
      offload_options options(work_kind::other, "race", then);
      auto* const performed = &t.performed;
      const int value = co_await offload(std::move(options), [performed] { return ++*performed; });
      EXPECT_GT(value, 0);
      ++t.values;
    } catch (const rondo::cancelled&) {
      was_cancelled = true;
    }
    if (was_cancelled) ++t.cancels;
  };
  const auto main = [&](tally& t, std::uint64_t seed) -> task<> {
    std::mt19937_64 mine(seed);
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < 50; ++i) {
        co_await with_scope([&](scope& inner) -> task<> {
          for (int n = 0; n < 10; ++n) {
            inner.spawn(one(t, mine() % 2 == 0 ? on_cancel::wait : on_cancel::abandon));
          }
          for (std::uint64_t n = mine() % 5; n > 0; --n) co_await rondo::yield_now();
          inner.cancel();
        });
      }
      static_cast<void>(s);
    });
  };
  for (int round = 0; round < 10; ++round) {
    pool_options chosen;
    chosen.other = 1 + static_cast<int>(random() % 3);
    tally t;
    {
      blocking_pool pool(chosen);
      rondo::run(main(t, random()), on(pool));
    }
    EXPECT_EQ(t.values + t.cancels, 500);
    EXPECT_GE(t.performed, t.values);
  }
}

}  // namespace
