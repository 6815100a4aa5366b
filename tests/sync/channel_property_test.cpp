// Tasks that do whatever they like with a channel, in random order on a simulated clock: send,
// receive, with and without a limit of time, be cancelled, and close it. Then the books are made
// up: no value is lost, none is there twice, and none overtakes another of its sender.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>

#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/base/error.hpp>
#include <rondo/sync/priority_channel.hpp>
#include <rondo/sync/stack_channel.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/when_any.hpp>

#include "support/seed.hpp"
#include "support/tasks.hpp"

namespace {

using rondo::scope;
using rondo::task;
using rondo::unbounded;
using rondo::with_scope;
using rondo::testing::run_simulated;
using namespace std::chrono_literals;

struct token {
  int sender;
  int number;
  bool operator<(const token& other) const noexcept { return number < other.number; }
};
using owned_token = std::unique_ptr<token>;
struct token_order {
  bool operator()(const owned_token& a, const owned_token& b) const noexcept { return *a < *b; }
};

/// Who has which token. Each is made once, and must end with its sender or with a receiver.
struct books {
  explicit books(std::uint64_t seed) : random(seed) {}

  std::mt19937_64 random;
  std::vector<std::vector<int>> sent;        // by sender, in the order in which they were taken
  std::vector<std::vector<token>> received;  // by receiver
  int kept = 0;                              // tokens that came back to their senders
  int made = 0;
  bool in_order = true;

  std::uint64_t below(std::uint64_t n) { return random() % n; }
  rondo::duration some_time() { return static_cast<long>(below(4)) * 1ms; }
};

template <class C>
task<> send_at_random(C& c, books& b, int me) {
  for (int i = 0; i < 30; ++i) {
    auto value = std::make_unique<token>(token{me, i});
    ++b.made;
    bool closed = false;
    bool cancelled = false;
    try {
      switch (b.below(4)) {
        case 0:
          if (!c.try_send(std::move(value))) co_await rondo::sleep_for(b.some_time());
          break;
        case 1:
          co_await rondo::within(b.some_time(), c.send(std::move(value)));
          break;
        default:
          co_await c.send(std::move(value));
      }
    } catch (const rondo::cancelled&) {
      cancelled = true;
    } catch (const rondo::error& e) {
      closed = e.code() == rondo::errc::closed;
      EXPECT_TRUE(closed) << e.what();
    }
    if (value != nullptr) {
      ++b.kept;
    } else {
      b.sent[static_cast<std::size_t>(me)].push_back(i);
    }
    if (cancelled) throw rondo::cancelled();
    if (closed) co_return;
    if (b.below(3) == 0) co_await rondo::sleep_for(b.some_time());
  }
}

template <class C>
task<> receive_at_random(C& c, books& b, std::size_t me) {
  for (;;) {
    std::optional<owned_token> value;
    bool ended = false;
    switch (b.below(4)) {
      case 0:
        value = c.try_receive();
        if (!value) co_await rondo::sleep_for(b.some_time());
        break;
      case 1: {
        auto within = co_await rondo::within(b.some_time(), c.receive());
        if (within) {
          value = std::move(*within);
          ended = !value.has_value();
        }
        break;
      }
      case 2: {
        auto first = co_await rondo::when_any(rondo::as_task(c.receive()),
                                              rondo::as_task(rondo::sleep_for(b.some_time())));
        if (first.template has<0>()) {
          value = std::move(first.template get<0>());
          ended = !value.has_value();
        }
        break;
      }
      default:
        value = co_await c.receive();
        ended = !value.has_value();
    }
    if (value) b.received[me].push_back(**value);
    if (ended) co_return;
    if (b.below(3) == 0) co_await rondo::sleep_for(b.some_time());
  }
}

template <class C>
task<> play(std::size_t capacity, books& b) {
  C c(capacity);
  co_await with_scope([&](scope& s) -> task<> {
    std::vector<rondo::join_handle<>> tasks;
    for (std::size_t i = 0; i < b.sent.size(); ++i)
      tasks.push_back(s.spawn(send_at_random(c, b, static_cast<int>(i))));
    for (std::size_t i = 0; i + 1 < b.received.size(); ++i)
      tasks.push_back(s.spawn(receive_at_random(c, b, i)));
    for (int i = 0; i < 3; ++i) {
      co_await rondo::sleep_for(static_cast<long>(b.below(40)) * 1ms);
      tasks[b.below(tasks.size())].cancel();
    }
    co_await rondo::sleep_for(static_cast<long>(b.below(60)) * 1ms);
    c.close();
  });
  while (auto rest = c.try_receive()) b.received.back().push_back(**rest);
}

void make_up(books& b, bool fifo) {
  std::vector<std::vector<int>> received(b.sent.size());
  std::size_t count = 0;
  for (const auto& by : b.received) {
    std::vector<int> last(b.sent.size(), -1);
    for (const token& t : by) {
      auto& latest = last[static_cast<std::size_t>(t.sender)];
      if (fifo) EXPECT_GT(t.number, latest) << "sender " << t.sender;
      latest = t.number;
      received[static_cast<std::size_t>(t.sender)].push_back(t.number);
      ++count;
    }
  }
  EXPECT_EQ(count + static_cast<std::size_t>(b.kept), static_cast<std::size_t>(b.made));
  for (std::size_t i = 0; i < b.sent.size(); ++i) {
    std::sort(received[i].begin(), received[i].end());
    EXPECT_EQ(received[i], b.sent[i]) << "sender " << i;  // none lost, none twice
  }
}

template <class C>
void play_often(bool fifo) {
  const std::uint64_t seed = rondo::testing::seed();
  for (std::uint64_t round = 0; round < 150; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    books b(seed + round);
    const std::size_t capacities[] = {0, 1, 2, 16, unbounded};
    b.sent.resize(1 + b.below(4));
    b.received.resize(2 + b.below(4));  // the last one is who clears up
    run_simulated(play<C>(capacities[b.below(5)], b));
    make_up(b, fifo);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(channel_property, fifo_keeps_every_value_and_their_order) {
  play_often<rondo::channel<owned_token>>(true);
}
TEST(channel_property, lifo_keeps_every_value) {
  play_often<rondo::stack_channel<owned_token>>(false);
}
TEST(channel_property, priority_keeps_every_value) {
  play_often<rondo::priority_channel<owned_token, token_order>>(false);
}

// The classic way to lose a message: it comes in the very instant in which the receiver's time is
// over. Each side starts its clock first in turn, and every value is received or still there.
TEST(channel_property, a_timeout_in_the_instant_of_a_value_loses_none) {
  int received = 0;
  int late = 0;
  const auto send_after = [](rondo::channel<int>& c, rondo::duration d, int n) -> task<> {
    co_await rondo::sleep_for(d);
    co_await c.send(n);
  };
  const auto main = [&]() -> task<> {
    rondo::channel<int> c(0);
    for (int i = 0; i < 400; ++i) {
      co_await with_scope([&](scope& s) -> task<> {
        if (i % 2 == 0) {
          s.spawn(send_after(c, 2ms, i));
          co_await rondo::yield_now();
        } else {
          s.spawn(send_after(c, 1ms + (i % 4 == 1 ? 1ms : 0ms), i));
        }
        if (i % 3 == 0) {
          auto first = co_await rondo::when_any(rondo::as_task(c.receive()),
                                                rondo::as_task(rondo::sleep_for(2ms)));
          if (first.has<0>()) {
            EXPECT_EQ(first.get<0>(), i);
            ++received;
            co_return;
          }
        } else {
          const auto value = co_await rondo::within(2ms, c.receive());
          if (value) {
            EXPECT_EQ(*value, i);
            ++received;
            co_return;
          }
        }
        const auto value = co_await c.receive();  // it was not lost
        EXPECT_EQ(value, i);
        ++late;
      });
    }
  };
  run_simulated(main());
  EXPECT_EQ(received + late, 400);
  EXPECT_GT(received, 50);
  EXPECT_GT(late, 50);
}

}  // namespace
