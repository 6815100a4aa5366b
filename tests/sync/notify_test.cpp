// Notifications: none is lost, whatever becomes of who was to have it.
#include <rondo/sync/notify.hpp>

#include <gtest/gtest.h>

#include <random>

#include <rondo/async/yield.hpp>
#include <rondo/task/when_any.hpp>

#include "support/seed.hpp"
#include "sync/threads.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::notify;
using rondo::scope;
using rondo::task;
using rondo::with_scope;
using rondo::testing::lines;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;

static_assert(sizeof(notify) == 32);

task<> wait_for(notify& n, std::string name, lines& log) {
  co_await n.wait();
  log.push_back(name);
}

TEST(notify, one_goes_to_the_first_in_line) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    notify n;
    co_await with_scope([&](scope& s) -> task<> {
      for (const char* name : {"a", "b", "c"}) s.spawn(wait_for(n, name, log));
      co_await rondo::yield_now();
      n.notify_one();
      co_await rondo::yield_now();
      EXPECT_EQ(log, lines{"a"});
      n.notify_all();
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"a", "b", "c"}));
}

TEST(notify, one_for_nobody_is_kept_but_no_more_than_one) {
  const auto main = []() -> task<> {
    notify n;
    n.notify_one();
    n.notify_one();
    co_await n.wait();
    const bool again = co_await rondo::within(1s, n.wait());
    EXPECT_FALSE(again);
    n.notify_all();  // is not kept
    const bool third = co_await rondo::within(1s, n.wait());
    EXPECT_FALSE(third);
  };
  run_simulated(main());
}

TEST(notify, all_reaches_a_wait_that_was_made_before_and_awaited_after) {
  const auto main = []() -> task<> {
    notify n;
    auto made = n.wait();
    n.notify_all();
    co_await made;
    const bool made_later = co_await rondo::within(1s, n.wait());
    EXPECT_FALSE(made_later);
  };
  run_simulated(main());
}

TEST(notify, that_finds_its_receiver_cancelled_goes_to_the_next) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    notify n;
    co_await with_scope([&](scope& s) -> task<> {
      auto a = s.spawn(wait_for(n, "a", log));
      s.spawn(wait_for(n, "b", log));
      co_await rondo::yield_now();
      n.notify_one();
      a.cancel();  // it has been chosen, and has not run
      co_await rondo::yield_now();
      co_await rondo::yield_now();
      EXPECT_EQ(log, lines{"b"});
    });
    EXPECT_EQ(log, lines{"b"});
  };
  run_simulated(main(log));
}

TEST(notify, that_finds_its_only_receiver_cancelled_is_kept) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    notify n;
    co_await with_scope([&](scope& s) -> task<> {
      auto a = s.spawn(wait_for(n, "a", log));
      co_await rondo::yield_now();
      n.notify_one();
      a.cancel();
    });
    co_await n.wait();
    EXPECT_TRUE(log.empty());
  };
  run_simulated(main(log));
}

TEST(notify, is_not_lost_in_a_choice_that_another_has_won) {
  const auto main = []() -> task<> {
    notify first;
    notify second;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([](notify& first, notify& second) -> task<> {
        co_await rondo::when_any(rondo::as_task(first.wait()), rondo::as_task(second.wait()));
      }(first, second));
      co_await rondo::yield_now();
      first.notify_one();
      second.notify_one();
      co_await rondo::yield_now();
    });
    const bool kept = co_await rondo::within(1s, second.wait());
    EXPECT_TRUE(kept);
  };
  run_simulated(main());
}

TEST(notify, wait_takes_nothing_where_it_is_cancelled) {
  const auto main = []() -> task<> {
    notify n;
    n.notify_one();
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      const std::string outcome = co_await outcome_of(n.wait());
      EXPECT_EQ(outcome, "cancelled");
    });
    co_await n.wait();
  };
  run_simulated(main());
}

/// Workers take the one thing there is when they are notified, and their time is often over while
/// they wait: each is taken in the end, or a notification was lost and it hangs.
TEST(notify, loses_none_between_threads_under_cancels) {
  struct shared_heap {
    notify more;
    notify empty;
    std::atomic<int> left{0};
    std::atomic<bool> over{false};
  };
  struct local {
    static task<> worker(shared_heap& heap, std::uint64_t seed) {
      std::mt19937_64 random(seed);
      for (;;) {
        const auto limit = std::chrono::microseconds(random() % 100);
        const bool told = co_await rondo::within(limit, heap.more.wait());
        if (heap.over) break;
        if (told && heap.left.fetch_sub(1) == 1) heap.empty.notify_one();
      }
      heap.more.notify_one();  // the next one must see that it is over, too
    }
    static task<> producer(shared_heap& heap) {
      for (int i = 0; i < 500; ++i) {
        heap.left = 1;
        heap.more.notify_one();
        co_await heap.empty.wait();
      }
      heap.over = true;
      heap.more.notify_one();
    }
  };
  shared_heap heap;
  rondo::testing::run_in_threads(3, [&](int thread) -> task<> {
    const std::uint64_t seed = rondo::testing::seed() + static_cast<unsigned>(thread) * 100;
    if (thread == 0) {
      co_await local::producer(heap);
    } else {
      co_await with_scope([&, seed](scope& s) -> task<> {
        for (std::uint64_t i = 0; i < 3; ++i) s.spawn(local::worker(heap, seed + i));
        co_return;
      });
    }
  });
  EXPECT_EQ(heap.left, 0);
}

}  // namespace
