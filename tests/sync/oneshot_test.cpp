// One value from one end to the other, and what each learns of the other's going.
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include <rondo/async/timeout.hpp>
#include <rondo/sync/oneshot.hpp>
#include <rondo/task/scope.hpp>

#include "support/tasks.hpp"
#include "sync/threads.hpp"

namespace {

using rondo::oneshot;
using rondo::scope;
using rondo::task;
using rondo::with_scope;
using rondo::testing::run_simulated;
using namespace std::chrono_literals;

using number = std::unique_ptr<int>;

task<> send_after(rondo::duration d, rondo::oneshot_sender<number> s, int n) {
  co_await rondo::sleep_for(d);
  EXPECT_TRUE(s.try_send(std::make_unique<int>(n)));
  EXPECT_FALSE(s);
}
task<> drop_after(rondo::duration d, rondo::oneshot_sender<number> s) {
  co_await rondo::sleep_for(d);
  EXPECT_TRUE(s.is_wanted());
}

TEST(oneshot, brings_a_value_that_was_sent_before_and_one_that_comes_later) {
  const auto main = []() -> task<> {
    for (const rondo::duration d : {0ms, 2ms}) {
      auto [sender, receiver] = oneshot<number>();
      co_await with_scope([&](scope& s) -> task<> {
        s.spawn(send_after(d, std::move(sender), 7));
        co_await rondo::sleep_for(1ms);
        const auto value = co_await receiver.receive();
        EXPECT_EQ(**value, 7);
        const auto again = co_await receiver.receive();
        EXPECT_FALSE(again.has_value());
      });
    }
  };
  run_simulated(main());
}

TEST(oneshot, tells_the_receiver_that_the_sender_has_gone) {
  const auto main = []() -> task<> {
    for (const rondo::duration d : {0ms, 2ms}) {
      auto [sender, receiver] = oneshot<number>();
      co_await with_scope([&](scope& s) -> task<> {
        s.spawn(drop_after(d, std::move(sender)));
        co_await rondo::sleep_for(1ms);
        const auto value = co_await receiver.receive();
        EXPECT_FALSE(value.has_value());
      });
    }
  };
  run_simulated(main());
}

TEST(oneshot, tells_the_sender_that_the_receiver_has_gone) {
  auto [sender, receiver] = oneshot<number>();
  EXPECT_TRUE(sender.is_wanted());
  {
    const auto gone = std::move(receiver);
  }
  EXPECT_FALSE(sender.is_wanted());
  number value = std::make_unique<int>(3);
  EXPECT_FALSE(sender.try_send(std::move(value)));
  EXPECT_EQ(*value, 3);
  EXPECT_TRUE(sender);
}

TEST(oneshot, lets_the_sender_wait_until_nobody_wants_the_value) {
  long ended = 0;
  const auto work = [](rondo::oneshot_sender<number> s, long& ended) -> task<> {
    co_await s.wait_unwanted();
    co_await s.wait_unwanted();  // at once
    ended = co_await rondo::testing::now_ms();
  };
  const auto main = [&]() -> task<> {
    auto ends = oneshot<number>();
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(work(std::move(ends.sender), ended));
      const auto outcome = co_await rondo::within(5ms, ends.receiver.receive());
      EXPECT_FALSE(outcome.has_value());
      const auto gone = std::move(ends.receiver);
    });
  };
  run_simulated(main());
  EXPECT_EQ(ended, 5);
}

TEST(oneshot, survives_cancels_at_either_end) {
  const auto main = []() -> task<> {
    auto ends = oneshot<number>();
    const auto receive = [](rondo::oneshot_receiver<number>& r) -> task<> {
      co_await r.receive();
      ADD_FAILURE();
    };
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(receive(ends.receiver));
      s.spawn(rondo::as_task(ends.sender.wait_unwanted()));
      co_await rondo::sleep_for(1ms);
      s.cancel();
    });
    EXPECT_TRUE(ends.sender.is_wanted());
    EXPECT_TRUE(ends.sender.try_send(std::make_unique<int>(1)));
    EXPECT_EQ(**ends.receiver.try_receive(), 1);
  };
  run_simulated(main());
}

TEST(oneshot, delivers_what_was_sent_before_a_cancel) {
  int received = 0;
  const auto receive = [](rondo::oneshot_receiver<number> r, int& received) -> task<> {
    const auto value = co_await r.receive();
    received = **value;
  };
  const auto main = [&]() -> task<> {
    auto ends = oneshot<number>();
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(receive(std::move(ends.receiver), received));
      co_await rondo::sleep_for(1ms);
      EXPECT_TRUE(ends.sender.try_send(std::make_unique<int>(4)));
      s.cancel();
    });
  };
  run_simulated(main());
  EXPECT_EQ(received, 4);
}

TEST(oneshot, destroys_a_value_that_nobody_fetched) {
  auto watched = std::make_shared<int>(1);
  {
    auto ends = oneshot<std::shared_ptr<int>>();
    EXPECT_TRUE(ends.sender.try_send(std::shared_ptr<int>(watched)));
    EXPECT_EQ(watched.use_count(), 2);
  }
  EXPECT_EQ(watched.use_count(), 1);
}

// Both ends go at once, in every order that two threads find. On threads only, since the leak watch
// counts what the main thread has made.
TEST(oneshot, has_ends_on_two_threads) {
  std::vector<rondo::oneshot_ends<number>> all;
  const auto send_all = [&]() -> task<> {
    for (auto& ends : all) {
      auto sender = std::move(ends.sender);
      if (sender.is_wanted()) static_cast<void>(sender.try_send(std::make_unique<int>(5)));
    }
    co_return;
  };
  const auto receive_all = [&]() -> task<> {
    int i = 0;
    for (auto& ends : all) {
      auto receiver = std::move(ends.receiver);
      if (++i % 3 == 0) continue;
      const auto value = co_await receiver.receive();
      EXPECT_TRUE(value.has_value());
    }
  };
  std::thread([&] {
    for (int i = 0; i < 2000; ++i) all.push_back(oneshot<number>());
    rondo::testing::run_in_threads(2, [&](int i) -> task<> {
      const bool sends = i == 0;
      if (sends) {
        co_await send_all();
      } else {
        co_await receive_all();
      }
    });
  }).join();
}

}  // namespace
