// Every subscriber receives every message, or is told how many it has missed.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <thread>

#include <rondo/async/timeout.hpp>
#include <rondo/sync/broadcast.hpp>
#include <rondo/task/scope.hpp>

#include "support/seed.hpp"
#include "support/tasks.hpp"
#include "sync/threads.hpp"

namespace {

using rondo::broadcast;
using rondo::lag;
using rondo::scope;
using rondo::task;
using rondo::with_scope;
using rondo::testing::run_simulated;
using namespace std::chrono_literals;

task<> receive_all(broadcast<int>::subscriber s, std::vector<int>& seen) {
  while (auto m = co_await s.receive()) seen.push_back(*m);
}

TEST(broadcast, reaches_every_subscriber_from_its_subscription_on) {
  std::vector<int> first, second;
  const auto main = [&]() -> task<> {
    broadcast<int> b(4);
    EXPECT_EQ(b.publish(0), 0u);
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(receive_all(b.subscribe(), first));
      EXPECT_EQ(b.publish(1), 1u);
      co_await rondo::sleep_for(1ms);
      s.spawn(receive_all(b.subscribe(), second));
      EXPECT_EQ(b.publish(2), 2u);
      co_await rondo::sleep_for(1ms);
      for (int i = 3; i < 7; ++i) b.publish(i);
      b.close();
      EXPECT_EQ(b.publish(9), 0u);
    });
    EXPECT_EQ(b.subscribers(), 0u);
    EXPECT_EQ(b.capacity(), 4u);
  };
  run_simulated(main());
  EXPECT_EQ(first, (std::vector{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(second, (std::vector{2, 3, 4, 5, 6}));
}

TEST(broadcast, tells_a_slow_subscriber_how_many_it_has_missed) {
  broadcast<int> b(4);
  auto s = b.subscribe();
  for (int i = 0; i < 10; ++i) b.publish(i);
  try {
    static_cast<void>(s.try_receive());
    ADD_FAILURE();
  } catch (const rondo::lagged& e) {
    EXPECT_EQ(e.missed(), 6u);
    EXPECT_NE(std::string(e.what()).find("missed 6 messages"), std::string::npos);
  }
  for (int i = 6; i < 10; ++i) EXPECT_EQ(*s.try_receive(), i);
  EXPECT_FALSE(s.try_receive());
  EXPECT_EQ(s.missed(), 6u);
}

TEST(broadcast, counts_what_is_missed_where_it_is_told_to) {
  broadcast<int> b(2);
  auto s = b.subscribe(lag::is_counted);
  for (int i = 0; i < 5; ++i) b.publish(i);
  EXPECT_EQ(*s.try_receive(), 3);
  EXPECT_EQ(s.missed(), 3u);
  for (int i = 5; i < 8; ++i) b.publish(i);
  EXPECT_EQ(*s.try_receive(), 6);
  EXPECT_EQ(s.missed(), 5u);
  b.close();
  EXPECT_EQ(*s.try_receive(), 7);
  EXPECT_FALSE(s.try_receive());
}

TEST(broadcast, keeps_the_message_for_a_subscriber_that_was_cancelled) {
  const auto main = []() -> task<> {
    broadcast<int> b(4);
    auto mine = b.subscribe();
    const auto receive = [](broadcast<int>::subscriber& from) -> task<> {
      co_await from.receive();
      ADD_FAILURE();
    };
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(receive(mine));
      co_await rondo::sleep_for(1ms);
      s.cancel();
      b.publish(1);
    });
    const auto m = co_await mine.receive();
    EXPECT_EQ(*m, 1);
  };
  run_simulated(main());
}

TEST(broadcast, delivers_what_came_before_a_cancel) {
  std::vector<int> seen;
  const auto main = [&]() -> task<> {
    broadcast<int> b(4);
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(receive_all(b.subscribe(), seen));
      co_await rondo::sleep_for(1ms);
      b.publish(1);
      s.cancel();
      b.publish(2);
    });
  };
  run_simulated(main());
  EXPECT_EQ(seen, std::vector{1});
}

TEST(broadcast, shares_one_message_and_frees_it_with_the_last_who_holds_it) {
  auto watched = std::make_shared<int>(1);
  {
    broadcast<std::shared_ptr<int>> b(2);
    auto one = b.subscribe();
    auto two = b.subscribe();
    b.publish(watched);
    auto held = one.try_receive();
    EXPECT_EQ(held->get(), two.try_receive()->get());
    EXPECT_EQ(watched.use_count(), 2);
    b.publish(nullptr);
    b.publish(nullptr);  // overwrites it
    EXPECT_EQ(watched.use_count(), 2);
    held = {};
    EXPECT_EQ(watched.use_count(), 1);
  }
}

// What a subscriber receives and what it has missed is all there was, in order, also with timeouts.
TEST(broadcast, accounts_for_every_message_at_random) {
  std::mt19937_64 random(rondo::testing::seed());
  const auto listen = [&](broadcast<int>::subscriber s, int from) -> task<> {
    int next = from;
    int received = 0;
    for (;;) {
      rondo::shared_value<int> m;
      try {
        if (random() % 2 == 0) {
          auto in_time = co_await rondo::within(1ms, s.receive());
          if (!in_time) continue;
          m = std::move(*in_time);
        } else {
          m = co_await s.receive();
        }
      } catch (const rondo::lagged& e) {
        next += static_cast<int>(e.missed());
        continue;
      }
      if (!m) break;
      EXPECT_EQ(*m, next);
      ++next;
      ++received;
      if (random() % 4 == 0) co_await rondo::sleep_for(static_cast<long>(random() % 5) * 1ms);
    }
    EXPECT_EQ(next, 500);
    EXPECT_EQ(static_cast<std::uint64_t>(received) + s.missed(),
              500u - static_cast<unsigned>(from));
  };
  const auto main = [&]() -> task<> {
    broadcast<int> b(4);
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < 500; ++i) {
        if (i % 100 == 0) s.spawn(listen(b.subscribe(), i));
        b.publish(i);
        if (random() % 3 == 0) co_await rondo::sleep_for(1ms);
      }
      b.close();
    });
  };
  run_simulated(main());
}

TEST(broadcast, goes_from_threads_to_threads) {
  constexpr int each = 3000;
  std::thread([] {
    broadcast<int> b(256);
    auto one = b.subscribe(lag::is_counted);
    auto two = b.subscribe(lag::is_counted);
    std::atomic<int> publishing = 2;
    rondo::testing::run_in_threads(4, [&](int i) -> task<> {
      if (i < 2) {
        for (int n = 0; n < each; ++n) b.publish(i * each + n);
        if (--publishing == 0) b.close();
        co_return;
      }
      auto& mine = i == 2 ? one : two;
      int last[2] = {-1, each - 1};
      std::uint64_t received = 0;
      while (auto m = co_await mine.receive()) {
        int& latest = last[*m / each];
        EXPECT_GT(*m, latest);
        latest = *m;
        ++received;
      }
      EXPECT_EQ(received + mine.missed(), 2u * each);
    });
  }).join();
}

}  // namespace
