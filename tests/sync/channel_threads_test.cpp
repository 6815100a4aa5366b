// A channel between loops on several threads at once: sums and orders are right, whoever gives up
// waiting meanwhile, and whoever is resumed from elsewhere.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <random>
#include <thread>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/sync/priority_channel.hpp>
#include <rondo/sync/stack_channel.hpp>
#include <rondo/task/frame_pool.hpp>
#include <rondo/task/scope.hpp>

#include "support/seed.hpp"

namespace {

using rondo::scope;
using rondo::task;
using rondo::unbounded;
using rondo::with_scope;
using namespace std::chrono_literals;

constexpr int senders = 4;
constexpr int values_each = 2000;

struct message {
  int sender;
  int number;
  bool operator<(const message& other) const noexcept { return number < other.number; }
};

/// What the threads share. Whoever ends last closes the channel.
template <class C>
struct exchange {
  explicit exchange(std::size_t capacity) : c(capacity) {}

  C c;
  std::atomic<int> sending = senders;
  std::atomic<int> received = 0;
  std::atomic<long> sum = 0;
  std::atomic<bool> in_order = true;
};

/// A loop that has nothing to wait for but other threads.
task<> held(task<> work) {
  rondo::loop& here = co_await rondo::this_loop();
  const rondo::handle_id hold = here.hold();
  co_await std::move(work);
  here.clear(hold);
}

template <class C>
task<> send_all(exchange<C>& x, int me, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < values_each;) {
    message m{me, i};
    bool sent = true;
    if (random() % 4 == 0) {
      sent = co_await rondo::within(10us, x.c.send(std::move(m)));
      // Where the time was over the value was not taken: it is sent again. Where the two met, it
      // counts as taken, and `within` says so.
    } else if (random() % 4 == 0) {
      sent = x.c.try_send(std::move(m));
      if (!sent) co_await rondo::sleep_for(10us);
    } else {
      co_await x.c.send(std::move(m));
    }
    if (sent) ++i;
  }
  if (--x.sending == 0) x.c.close();
}

template <class C>
task<> receive_all(exchange<C>& x, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  int last[senders] = {-1, -1, -1, -1};
  for (;;) {
    std::optional<message> m;
    if (random() % 4 == 0) {
      auto in_time = co_await rondo::within(10us, x.c.receive());
      if (!in_time) continue;
      m = *in_time;
    } else {
      m = co_await x.c.receive();
    }
    if (!m) co_return;
    if (m->number <= last[m->sender]) x.in_order = false;
    last[m->sender] = m->number;
    x.sum += m->number;
    ++x.received;
  }
}

template <class C>
void exchange_between_threads(std::size_t capacity, bool fifo) {
  exchange<C> x(capacity);
  std::uint64_t seed = rondo::testing::seed();
  std::vector<std::thread> threads;
  std::atomic<int> leaked = 0;
  const auto start = [&](auto make_two) {
    threads.emplace_back([&leaked, make_two] {
      const long before = rondo::frame_pool::live_blocks();
      const auto main = [&]() -> task<> {
        co_await with_scope([&](scope& s) -> task<> {
          make_two(s);
          co_return;
        });
      };
      rondo::run(held(main()));
      if (rondo::frame_pool::live_blocks() != before) ++leaked;
    });
  };
  for (int i = 0; i < senders; i += 2) {
    const std::uint64_t mine = seed++;
    start([&x, i, mine](scope& s) {
      s.spawn(send_all(x, i, mine));
      s.spawn(send_all(x, i + 1, mine + 100));
    });
  }
  for (int i = 0; i < 2; ++i) {
    const std::uint64_t mine = seed++;
    start([&x, mine](scope& s) {
      s.spawn(receive_all(x, mine + 200));
      s.spawn(receive_all(x, mine + 300));
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(x.received, senders * values_each);
  EXPECT_EQ(x.sum, long{senders} * values_each * (values_each - 1) / 2);
  if (fifo) EXPECT_TRUE(x.in_order);
  EXPECT_EQ(leaked, 0);
  EXPECT_EQ(x.c.size(), 0u);
}

TEST(channel_threads, exchange_values_through_a_fifo) {
  for (const std::size_t capacity : {std::size_t{0}, std::size_t{1}, std::size_t{64}, unbounded})
    exchange_between_threads<rondo::channel<message>>(capacity, true);
}

TEST(channel_threads, exchange_values_through_a_stack) {
  exchange_between_threads<rondo::stack_channel<message>>(8, false);
  exchange_between_threads<rondo::stack_channel<message>>(unbounded, false);
}

TEST(channel_threads, exchange_values_by_priority) {
  exchange_between_threads<rondo::priority_channel<message>>(8, false);
  exchange_between_threads<rondo::priority_channel<message>>(unbounded, false);
}

// From a thread that knows no loop at all.
TEST(channel_threads, carry_values_from_an_ordinary_thread) {
  rondo::channel<std::unique_ptr<int>> c(unbounded);
  std::thread producer([&] {
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(c.try_send(std::make_unique<int>(i)));
    c.close();
  });
  const auto main = [&]() -> task<int> {
    int next = 0;
    while (auto v = co_await c.receive()) {
      EXPECT_EQ(**v, next);
      ++next;
    }
    co_return next;
  };
  const auto in_held_loop = [&]() -> task<int> {
    rondo::loop& here = co_await rondo::this_loop();
    const rondo::handle_id hold = here.hold();
    const int n = co_await main();
    here.clear(hold);
    co_return n;
  };
  EXPECT_EQ(rondo::run(in_held_loop()), 1000);
  producer.join();
}

}  // namespace
