// Blocking work without a coroutine: queued on the loop, performed by the pool, told to the loop;
// and every way in which loop, pool and work can end in another order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <random>
#include <thread>

#include <rondo/io/candidates.hpp>
#include <rondo/loop/loop.hpp>

#include "support/gate.hpp"
#include "support/seed.hpp"

namespace {

using namespace rondo;
using namespace std::chrono_literals;
using rondo::testing::await_condition;
using rondo::testing::gate;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto nothing = [](const std::exception_ptr&) {};

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

class work_on : public ::testing::TestWithParam<io::backend_kind> {
 protected:
  work_on() : l(options()) {}

  static loop_options options() {
    loop_options chosen;
    auto made = io::make_backend(GetParam());
    if (!made) throw std::move(made).error();
    chosen.backend = std::move(*made);
    return chosen;
  }

  loop l;
};

std::vector<io::backend_kind> granted_backends() {
  std::vector<io::backend_kind> granted;
  for (const io::candidate& c : io::candidates()) {
    if (c.granted) granted.push_back(c.kind);
  }
  return granted;
}
INSTANTIATE_TEST_SUITE_P(each_backend, work_on, ::testing::ValuesIn(granted_backends()),
                         [](const auto& kind) { return to_string(kind.param); });

TEST_P(work_on, is_done_elsewhere_and_told_here) {
  const auto here = std::this_thread::get_id();
  std::thread::id there;
  std::thread::id told;
  l.queue_work([&] { there = std::this_thread::get_id(); },
               [&](const std::exception_ptr& failure) {
                 told = std::this_thread::get_id();
                 EXPECT_EQ(failure, nullptr);
                 EXPECT_TRUE(l.holders().empty()) << l.holders().front().kind;
               });
  EXPECT_FALSE(l.run());
  EXPECT_EQ(told, here);
  EXPECT_NE(there, here);
  EXPECT_NE(there, std::thread::id());
}

TEST_P(work_on, is_done_ten_thousand_times_each_once) {
  std::vector<int> done(10'000);
  std::vector<int> told(10'000);
  for (std::size_t i = 0; i < done.size(); ++i) {
    l.queue_work([&done, i] { ++done[i]; }, [&told, i](const std::exception_ptr&) { ++told[i]; },
                 static_cast<work_kind>(i % work_kinds));
  }
  l.run();
  EXPECT_EQ(done, std::vector<int>(10'000, 1));
  EXPECT_EQ(told, done);
}

TEST_P(work_on, and_on_from_its_own_end) {
  int rounds = 0;
  std::function<void()> next = [&] {
    l.queue_work([] {},
                 [&](const std::exception_ptr&) {
                   if (++rounds < 1000) next();
                 });
  };
  next();
  l.run();
  EXPECT_EQ(rounds, 1000);
  EXPECT_EQ(l.pool().counts().most_threads, 1);
}

TEST(work, hands_over_what_it_threw) {
  loop l;
  std::string text;
  l.queue_work([] { throw std::runtime_error("the disk is on fire"); },
               [&](const std::exception_ptr& failure) {
                 try {
                   std::rethrow_exception(failure);
                 } catch (const std::runtime_error& e) {
                   text = e.what();
                 }
               });
  l.run();
  EXPECT_EQ(text, "the disk is on fire");
}

TEST(work, that_fails_in_its_end_fails_as_any_callback) {
  loop l;
  const handle_id h =
      l.queue_work([] {}, [](const std::exception_ptr&) { throw std::logic_error("callback"); });
  EXPECT_THROW(l.run(), std::logic_error);
  EXPECT_FALSE(l.is_active(h));
  EXPECT_FALSE(l.is_alive());
}

TEST(work, keeps_the_loop_alive_and_says_so) {
  gate hang;
  loop l;
  const handle_id h =
      l.queue_work([&] { hang.pass(); }, nothing, {work_kind::files, "read a tape"});
  const int line = __LINE__ - 1;
  EXPECT_TRUE(l.is_alive());
  EXPECT_TRUE(l.is_active(h));
  const std::vector<holder> why = l.holders();
  ASSERT_THAT(why, SizeIs(1));
  EXPECT_STREQ(why[0].kind, "work");
  EXPECT_EQ(why[0].name, "read a tape");
  EXPECT_EQ(why[0].where.line(), static_cast<unsigned>(line));
  l.unref(h);
  EXPECT_FALSE(l.is_alive());
  EXPECT_THAT(l.holders(), IsEmpty());
  l.ref(h);
  hang.open();
  EXPECT_FALSE(l.run());
}

TEST(work, that_has_not_begun_is_cancelled) {
  gate hang;
  blocking_pool pool(one_of_each());
  loop l(on(pool));
  std::vector<std::string> log;
  const auto owned_by_the_work = std::make_shared<int>(0);
  const handle_id running = l.queue_work(
      [&] { hang.pass(); }, [&](const std::exception_ptr&) { log.emplace_back("running"); });
  hang.await_arrivals(1);
  const auto queue = [&] {
    return l.queue_work([owned_by_the_work] { ADD_FAILURE() << "was cancelled"; },
                        [](const std::exception_ptr&) { ADD_FAILURE() << "was cancelled"; });
  };
  const handle_id first = queue();
  const handle_id second = queue();
  EXPECT_FALSE(l.cancel_work(running));
  EXPECT_TRUE(l.cancel_work(first));
  EXPECT_FALSE(l.cancel_work(first));
  l.clear(second);
  EXPECT_EQ(owned_by_the_work.use_count(), 1);
  EXPECT_FALSE(l.is_active(first));
  EXPECT_TRUE(l.is_active(running));
  l.clear(running);  // too late: as if nothing had been said
  EXPECT_TRUE(l.is_active(running));
  hang.open();
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("running"));
  EXPECT_FALSE(l.cancel_work(l.set_timeout(1ms, [] {})));
}

TEST(work, can_be_shared_out_by_two_loops_to_one_pool) {
  blocking_pool pool;
  loop a(on(pool));
  loop b(on(pool));
  int told = 0;
  a.queue_work([] {}, [&](const std::exception_ptr&) { ++told; });
  b.queue_work([] {}, [&](const std::exception_ptr&) { ++told; });
  a.run();
  EXPECT_EQ(told, 1);
  b.run();
  EXPECT_EQ(told, 2);
  EXPECT_EQ(&a.pool(), &pool);
}

TEST(work, for_a_pool_that_ends_first_is_told_so) {
  gate hang;
  blocking_pool pool(one_of_each());
  loop l(on(pool));
  std::vector<errc> told;
  const auto tell = [&](const std::exception_ptr& failure) {
    try {
      if (failure) std::rethrow_exception(failure);
      told.push_back(errc::ok);
    } catch (const error& e) {
      told.push_back(e.code());
    }
  };
  l.queue_work([&] { hang.pass(); }, tell);
  l.queue_work([] { ADD_FAILURE() << "was dropped"; }, tell);
  hang.await_arrivals(1);
  EXPECT_THAT(pool.shutdown(duration()), SizeIs(1));
  hang.open();
  l.run();
  EXPECT_THAT(told, ElementsAre(errc::closed, errc::ok));
  EXPECT_THROW(l.queue_work([] {}, nothing), error);
  EXPECT_FALSE(l.is_alive());
}

TEST(work, on_a_loop_of_simulated_time_takes_none_of_it) {
  gate hang;
  simulated_clock time;
  loop_options options;
  options.time = &time;
  loop l(std::move(options));
  std::vector<std::string> log;
  l.set_timeout(1h, [&] { log.emplace_back("an hour later"); });
  l.queue_work([&] { hang.pass(); }, [&](const std::exception_ptr&) { log.emplace_back("work"); });
  std::jthread opener([&] {
    hang.await_arrivals(1);
    hang.open();
  });
  l.run();
  EXPECT_THAT(log, ElementsAre("work", "an hour later"));
}

// The loop goes first -------------------------------------------------------------------------

TEST(work, that_is_queued_when_the_loop_ends_is_not_done) {
  gate hang;
  blocking_pool pool(one_of_each());
  const auto captured = std::make_shared<int>(0);
  bool performed = false;
  {
    loop_options options = on(pool);
    options.shutdown_limit = duration();
    loop l(std::move(options));
    l.queue_work([&] { hang.pass(); }, nothing);
    hang.await_arrivals(1);
    l.queue_work([captured, &performed] { performed = true; },
                 [captured](const std::exception_ptr&) { ADD_FAILURE() << "the loop is gone"; });
  }
  EXPECT_EQ(captured.use_count(), 1);
  EXPECT_EQ(pool.counts().of(work_kind::other).queued, 0);
  hang.open();
  EXPECT_TRUE(pool.shutdown(duration::max()).empty());
  EXPECT_FALSE(performed);
}

TEST(work, that_runs_when_the_loop_ends_is_waited_for) {
  const auto captured = std::make_shared<int>(0);
  std::atomic<int> ended{0};
  for (int i = 0; i < 100; ++i) {
    loop l;
    for (int j = 0; j < 4; ++j) {
      l.queue_work([&ended, captured] { ++ended; },
                   [captured](const std::exception_ptr&) { ADD_FAILURE() << "the loop is gone"; });
    }
    await_condition([&] { return ended >= 4 * i + 1; });
    await_condition([&] { return l.pool().counts().of(work_kind::other).queued == 0; });
  }
  EXPECT_EQ(ended, 400);
  EXPECT_EQ(captured.use_count(), 1);
}

TEST(work, that_hangs_when_the_loop_ends_is_left_to_itself) {
  gate hang;
  const auto captured = std::make_shared<gate>();
  {
    loop_options options;
    options.shutdown_limit = 1ms;
    loop l(std::move(options));
    l.queue_work(
        [captured, &hang] {
          hang.pass();
          captured->open();
        },
        [](const std::exception_ptr&) { ADD_FAILURE() << "the loop is gone"; });
    hang.await_arrivals(1);
  }
  EXPECT_EQ(captured.use_count(), 2);  // loop and pool are gone
  hang.open();
  captured->pass();
  await_condition([&] { return captured.use_count() == 1; });
}

TEST(work, whose_captures_name_it_when_the_loop_ends) {
  struct canceller {
    loop* l;
    handle_id* h;
    ~canceller() { l->cancel_work(*h); }
  };
  gate hang;
  blocking_pool pool(one_of_each());
  handle_id h;
  {
    loop l(on(pool));
    l.queue_work([&] { hang.pass(); }, nothing);
    hang.await_arrivals(1);
    auto c = std::make_unique<canceller>(&l, &h);
    h = l.queue_work([c = std::move(c)] {}, nothing);
    hang.open();
  }
}

TEST(work, races_with_being_cancelled_and_neither_is_lost) {
  std::mt19937_64 random(rondo::testing::seed());
  for (int round = 0; round < 20; ++round) {
    pool_options chosen;
    chosen.other = 1 + static_cast<int>(random() % 3);
    chosen.keep_alive = duration::microseconds(static_cast<long>(random() % 100));
    blocking_pool pool(chosen);
    int taken_back = 0;
    int told = 0;
    std::atomic<int> performed{0};
    constexpr int jobs = 500;
    {
      loop l(on(pool));
      std::vector<handle_id> all;
      std::function<void()> step = [&] {
        for (std::uint64_t n = random() % 8; n > 0 && all.size() < jobs; --n) {
          all.push_back(
              l.queue_work([&] { ++performed; }, [&](const std::exception_ptr&) { ++told; }));
        }
        if (!all.empty() && random() % 2 == 0 && l.cancel_work(all[random() % all.size()])) {
          ++taken_back;
        }
        if (all.size() < jobs) l.set_immediate(step);
      };
      step();
      l.run();
    }
    EXPECT_EQ(told + taken_back, jobs);
    EXPECT_EQ(performed, told);
  }
}

}  // namespace
