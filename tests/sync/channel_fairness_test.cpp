// A producer and a consumer that never have to wait for long can't keep timers and I/O from having
// their turn: after an allowance of steps they let the loop go round.
#include <gtest/gtest.h>

#include <algorithm>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/task/scope.hpp>

namespace {

using rondo::scope;
using rondo::task;

task<> produce(rondo::channel<long>& c, long n) {
  for (long i = 0; i < n; ++i) co_await c.send(i);
  c.close();
}

task<> consume(rondo::channel<long>& c, long& received) {
  while (auto v = co_await c.receive()) ++received;
}

struct tail {
  long turns = 0;             // of the loop, while the two were at it
  long most_in_one_turn = 0;  // values received between two of them
};

tail busy_for(long n, std::size_t capacity, int allowance) {
  rondo::loop_options options;
  options.task_allowance = allowance;
  rondo::loop l(std::move(options));
  tail t;
  long received = 0;
  long before = 0;
  const rondo::handle_id hook = l.add_check([&] {
    ++t.turns;
    t.most_in_one_turn = std::max(t.most_in_one_turn, received - before);
    before = received;
  });
  const auto main = [&]() -> task<> {
    rondo::channel<long> c(capacity);
    co_await rondo::with_scope([&](scope& s) -> task<> {
      s.spawn(produce(c, n));
      s.spawn(consume(c, received));
      co_return;
    });
  };
  rondo::run(l, main());
  l.clear(hook);
  EXPECT_EQ(received, n);
  t.most_in_one_turn = std::max(t.most_in_one_turn, received - before);
  return t;
}

TEST(channel_fairness, two_busy_tasks_let_the_loop_turn) {
  const int allowance = rondo::loop_options().task_allowance;
  for (const std::size_t capacity : {std::size_t{0}, std::size_t{1}, std::size_t{1024}}) {
    const tail fair = busy_for(100'000, capacity, allowance);
    EXPECT_GT(fair.turns, 100'000 / (2 * allowance));
    EXPECT_LT(fair.most_in_one_turn, 2 * allowance);
    const tail unfair = busy_for(100'000, capacity, 1 << 30);
    EXPECT_LT(unfair.turns, 10);
    EXPECT_GT(unfair.most_in_one_turn, 90'000);
  }
}

TEST(channel_fairness, a_timer_goes_off_while_two_tasks_are_busy) {
  struct local {
    static task<> stop_soon(scope& s) {
      co_await rondo::sleep_for(rondo::duration::milliseconds(2));
      s.cancel();
    }
  };
  long received = 0;
  const auto main = [&]() -> task<> {
    rondo::channel<long> c(16);
    co_await rondo::with_scope([&](scope& s) -> task<> {
      s.spawn(produce(c, 1L << 60));  // for ever, were it not for the timer
      s.spawn(consume(c, received));
      s.spawn(local::stop_soon(s));
      co_return;
    });
  };
  rondo::run(main());
  EXPECT_GT(received, 0);
}

}  // namespace
