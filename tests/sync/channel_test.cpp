// What every kind of channel promises, tested once for all kinds.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>

#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/base/error.hpp>
#include <rondo/sync/priority_channel.hpp>
#include <rondo/sync/stack_channel.hpp>
#include <rondo/task/scope.hpp>

#include "support/tasks.hpp"

namespace {

using rondo::errc;
using rondo::scope;
using rondo::task;
using rondo::unbounded;
using rondo::with_scope;
using rondo::testing::lines;
using rondo::testing::run_simulated;
using namespace std::chrono_literals;

/// Can only be moved, and is ordered.
using number = std::unique_ptr<int>;
struct less_number {
  bool operator()(const number& a, const number& b) const noexcept { return *a < *b; }
};

template <class C>
concept a_channel = requires(C c, typename C::value_type v) {
  c.send(std::move(v));
  { c.try_send(std::move(v)) } -> std::same_as<bool>;
  requires rondo::awaitable<decltype(c.receive())>;
  { c.try_receive() } -> std::same_as<std::optional<typename C::value_type>>;
  c.close();
  { c.is_closed() } -> std::same_as<bool>;
  { c.size() } -> std::same_as<std::size_t>;
  { c.capacity() } -> std::same_as<std::size_t>;
};

template <class C>
class any_channel : public ::testing::Test {};
using kinds = ::testing::Types<rondo::channel<number>, rondo::stack_channel<number>,
                               rondo::priority_channel<number, less_number>>;
TYPED_TEST_SUITE(any_channel, kinds);

number make(int n) {
  return std::make_unique<int>(n);
}

template <class C>
task<> send_each(C& c, int from, int to) {
  for (int i = from; i < to; ++i) co_await c.send(make(i));
}

template <class C>
task<> receive_all(C& c, std::vector<int>& seen) {
  while (auto v = co_await c.receive()) seen.push_back(**v);
}

/// Sends `n`; notes how that ended, and that the value is still there where it was not sent.
template <class C>
task<> send_and_note(C& c, int n, lines& log) {
  number value = make(n);
  std::string end = "sent";
  try {
    co_await c.send(std::move(value));
    EXPECT_EQ(value, nullptr);
  } catch (const rondo::error& e) {
    EXPECT_EQ(e.code(), errc::closed);
    end = "closed";
  } catch (const rondo::cancelled&) {
    end = "cancelled";
  }
  if (end != "sent") {
    EXPECT_NE(value, nullptr);
    if (value != nullptr) EXPECT_EQ(*value, n);
  }
  log.push_back(std::to_string(n) + " " + end);
}

TYPED_TEST(any_channel, has_the_interface_of_all) {
  static_assert(a_channel<TypeParam>);
  TypeParam c(3);
  EXPECT_EQ(c.capacity(), 3u);
  EXPECT_EQ(c.size(), 0u);
  EXPECT_TRUE(c.try_send(make(1)));
  EXPECT_EQ(c.size(), 1u);
  EXPECT_FALSE(c.is_closed());
  EXPECT_EQ(**c.try_receive(), 1);
  EXPECT_FALSE(c.try_receive().has_value());
}

TYPED_TEST(any_channel, that_is_full_refuses_and_leaves_the_value) {
  TypeParam c(2);
  EXPECT_TRUE(c.try_send(make(1)));
  EXPECT_TRUE(c.try_send(make(1)));
  number third = make(3);
  EXPECT_FALSE(c.try_send(std::move(third)));
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(*third, 3);
}

TYPED_TEST(any_channel, that_is_closed_refuses_and_gives_out_what_it_has) {
  TypeParam c(unbounded);
  EXPECT_TRUE(c.try_send(make(1)));
  c.close();
  c.close();
  number second = make(2);
  EXPECT_FALSE(c.try_send(std::move(second)));
  EXPECT_NE(second, nullptr);
  EXPECT_EQ(**c.try_receive(), 1);
  EXPECT_FALSE(c.try_receive().has_value());
}

template <class C>
void expect_it_destroys_what_is_left() {
  auto watched = std::make_shared<int>(0);
  {
    C c(unbounded);
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(c.try_send(watched));
    for (int i = 0; i < 300; ++i) EXPECT_TRUE(c.try_receive().has_value());
    EXPECT_EQ(watched.use_count(), 701);
  }
  EXPECT_EQ(watched.use_count(), 1);
}

TEST(channel, destroys_what_is_left) {
  expect_it_destroys_what_is_left<rondo::channel<std::shared_ptr<int>>>();
  expect_it_destroys_what_is_left<rondo::stack_channel<std::shared_ptr<int>>>();
  expect_it_destroys_what_is_left<rondo::priority_channel<std::shared_ptr<int>>>();
}

TYPED_TEST(any_channel, lets_a_sender_wait_for_room) {
  for (const std::size_t capacity : {0, 1, 2, 7}) {
    std::vector<int> seen;
    const auto main = [&]() -> task<> {
      TypeParam c(capacity);
      co_await with_scope([&](scope& s) -> task<> {
        s.spawn(receive_all(c, seen));
        co_await send_each(c, 0, 100);
        c.close();
      });
    };
    run_simulated(main());
    std::sort(seen.begin(), seen.end());
    ASSERT_EQ(seen.size(), 100u);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
  }
}

TYPED_TEST(any_channel, sends_nothing_into_the_void_where_its_capacity_is_zero) {
  lines log;
  const auto main = [&]() -> task<> {
    TypeParam c(0);
    EXPECT_FALSE(c.try_send(make(9)));
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(send_and_note(c, 1, log));
      co_await rondo::sleep_for(1ms);
      EXPECT_TRUE(log.empty());
      EXPECT_EQ(c.size(), 0u);
      const auto v = co_await c.receive();
      EXPECT_EQ(**v, 1);
    });
  };
  run_simulated(main());
  EXPECT_EQ(log, lines{"1 sent"});
}

TYPED_TEST(any_channel, tells_waiting_senders_that_it_was_closed) {
  lines log;
  std::vector<int> seen;
  const auto main = [&]() -> task<> {
    TypeParam c(1);
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < 3; ++i) s.spawn(send_and_note(c, i, log));
      co_await rondo::sleep_for(1ms);
      c.close();
      co_await send_and_note(c, 3, log);
      co_await receive_all(c, seen);
    });
  };
  run_simulated(main());
  EXPECT_EQ(log, (lines{"0 sent", "3 closed", "1 closed", "2 closed"}));
  EXPECT_EQ(seen, std::vector<int>{0});
}

TYPED_TEST(any_channel, ends_waiting_receivers_when_it_is_closed) {
  int ended = 0;
  const auto main = [&]() -> task<> {
    TypeParam c(1);
    co_await with_scope([&](scope& s) -> task<> {
      const auto receive_one = [](TypeParam& c, int& ended) -> task<> {
        const auto v = co_await c.receive();
        EXPECT_FALSE(v.has_value());
        ++ended;
      };
      for (int i = 0; i < 3; ++i) s.spawn(receive_one(c, ended));
      co_await rondo::sleep_for(1ms);
      c.close();
    });
  };
  run_simulated(main());
  EXPECT_EQ(ended, 3);
}

TYPED_TEST(any_channel, leaves_the_value_of_a_cancelled_sender) {
  lines log;
  const auto main = [&]() -> task<> {
    TypeParam c(1);
    co_await with_scope([&](scope& s) -> task<> {
      for (int i = 0; i < 4; ++i) s.spawn(send_and_note(c, i, log));
      co_await rondo::sleep_for(1ms);
      s.cancel();
      EXPECT_EQ(**c.try_receive(), 0);  // which grants the room to the first who waits, if it still
    });
    EXPECT_EQ(c.size(), 0u);
  };
  run_simulated(main());
  EXPECT_EQ(log, (lines{"0 sent", "1 cancelled", "2 cancelled", "3 cancelled"}));
}

TYPED_TEST(any_channel, grants_stand_when_a_cancel_follows) {
  lines log;
  const auto main = [&]() -> task<> {
    TypeParam c(1);
    EXPECT_TRUE(c.try_send(make(0)));
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(send_and_note(c, 1, log));
      s.spawn(send_and_note(c, 2, log));
      co_await rondo::sleep_for(1ms);
      EXPECT_TRUE(c.try_receive().has_value());  // 1 is taken
      s.cancel();
    });
    EXPECT_EQ(**c.try_receive(), 1);
  };
  run_simulated(main());
  EXPECT_EQ(log, (lines{"1 sent", "2 cancelled"}));
}

TYPED_TEST(any_channel, delivers_what_was_granted_before_a_cancel) {
  int received = 0;
  bool next_threw = false;
  const auto main = [&]() -> task<> {
    TypeParam c(1);
    co_await with_scope([&](scope& s) -> task<> {
      const auto receiver = [](TypeParam& c, int& received, bool& next_threw) -> task<> {
        const auto v = co_await c.receive();
        received = **v;
        try {
          co_await c.receive();
        } catch (const rondo::cancelled&) {
          next_threw = true;
          throw;
        }
      };
      s.spawn(receiver(c, received, next_threw));
      co_await rondo::sleep_for(1ms);
      EXPECT_TRUE(c.try_send(make(5)));
      EXPECT_TRUE(c.try_send(make(6)));
      s.cancel();
    });
    EXPECT_EQ(c.size(), 1u);  // on entry into a cancelled scope nothing is taken
  };
  run_simulated(main());
  EXPECT_EQ(received, 5);
  EXPECT_TRUE(next_threw);
}

TYPED_TEST(any_channel, takes_nothing_in_a_cancelled_scope) {
  lines log;
  const auto main = [&]() -> task<> {
    TypeParam c(2);
    EXPECT_TRUE(c.try_send(make(0)));
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      co_await send_and_note(c, 1, log);
      const auto outcome = co_await rondo::testing::outcome_of(c.receive());
      EXPECT_EQ(outcome, "cancelled");
    });
    EXPECT_EQ(c.size(), 1u);
  };
  run_simulated(main());
  EXPECT_EQ(log, lines{"1 cancelled"});
}

TYPED_TEST(any_channel, serves_receivers_in_the_order_of_their_coming) {
  std::vector<std::pair<int, int>> seen;
  const auto main = [&]() -> task<> {
    TypeParam c(1);
    co_await with_scope([&](scope& s) -> task<> {
      const auto receive_one = [](TypeParam& c, int who, auto& seen) -> task<> {
        const auto v = co_await c.receive();
        seen.emplace_back(who, **v);
      };
      for (int i = 0; i < 5; ++i) s.spawn(receive_one(c, i, seen));
      co_await rondo::sleep_for(1ms);
      for (int i = 0; i < 5; ++i) EXPECT_TRUE(c.try_send(make(10 + i)));
    });
  };
  run_simulated(main());
  ASSERT_EQ(seen.size(), 5u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], std::pair(i, 10 + i));
}

TYPED_TEST(any_channel, can_be_destroyed_by_the_receiver_of_the_last_value) {
  const auto main = []() -> task<> {
    auto c = std::make_unique<TypeParam>(1);
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(send_each(*c, 0, 1));
      const auto v = co_await c->receive();
      EXPECT_TRUE(v.has_value());
      c.reset();
    });
  };
  run_simulated(main());
}

TEST(channel, sends_copies_of_what_has_a_name_of_its_own) {
  const auto main = []() -> task<> {
    rondo::channel<std::string> c(4);
    const std::string text = "a text that is too long for the inside of a string";
    co_await c.send(text);
    EXPECT_TRUE(c.try_send(text));
    EXPECT_EQ(text, *c.try_receive());
    const auto second = co_await c.receive();
    EXPECT_EQ(text, *second);
  };
  run_simulated(main());
}

TEST(channel, takes_types_that_are_aligned_more_than_a_pointer) {
  struct alignas(64) wide {
    int n;
  };
  for (const std::size_t capacity : {std::size_t{5}, unbounded}) {
    rondo::channel<wide> c(capacity);
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(c.try_send(wide{i}));
    for (int i = 0; i < 5; ++i) {
      const auto v = c.try_receive();
      EXPECT_EQ(v->n, i);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&*v) % 64, 0u);
    }
  }
}

}  // namespace
