// The allowance: tasks that always find something to do, or keep waking each other, let timers and
// I/O have their turn. The tail is counted in how often they run between two turns of the loop,
// with the default allowance and, as the contrast, with one that is never used up.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/when_all.hpp>

namespace {

using rondo::scope;
using rondo::task;

constexpr int unlimited = std::numeric_limits<int>::max();
constexpr int rounds = 20'000;
/// Each callback of a turn has an allowance of its own; here, one for each line that was put off.
constexpr int callbacks_a_turn = 3;

/// How often something happened between two turns of the loop, at most.
class tail {
 public:
  void happens() noexcept { longest_ = std::max(longest_, ++since_turn_); }
  void turn() noexcept { since_turn_ = 0; }
  int longest() const noexcept { return longest_; }

 private:
  int since_turn_ = 0;
  int longest_ = 0;
};

task<> nothing() {
  co_return;
}

/// Never waits for anything but tasks that are ready at once.
task<> spawns_and_joins(tail& t) {
  co_await rondo::with_scope([&](scope& s) -> task<> {
    for (int i = 0; i < rounds; ++i) {
      co_await s.spawn(nothing());
      t.happens();
    }
  });
}

/// Two lines that are always queued.
task<> two_of_them(tail& t) {
  co_await rondo::when_all(spawns_and_joins(t), spawns_and_joins(t));
}

class fairness : public testing::TestWithParam<rondo::io::backend_kind> {
 protected:
  int longest_of(task<> (*work)(tail&), int allowance) {
    rondo::loop_options options;
    options.backend = std::move(*rondo::io::make_backend(GetParam()));
    options.task_allowance = allowance;
    rondo::loop l(std::move(options));
    tail t;
    const auto every_turn = l.add_prepare([&] { t.turn(); });
    l.unref(every_turn);
    rondo::run(l, work(t));
    l.clear(every_turn);
    return t.longest();
  }
};

TEST_P(fairness, of_one_line_that_never_waits) {
  EXPECT_LE(longest_of(&spawns_and_joins, 256), callbacks_a_turn * 256);
  EXPECT_EQ(longest_of(&spawns_and_joins, unlimited), rounds);
}

TEST_P(fairness, of_two_lines_that_never_wait) {
  EXPECT_LE(longest_of(&two_of_them, 64), callbacks_a_turn * 64);
  EXPECT_EQ(longest_of(&two_of_them, unlimited), 2 * rounds);
}

TEST_P(fairness, keeps_the_order_of_those_who_have_to_wait_for_their_turn) {
  rondo::loop_options options;
  options.backend = std::move(*rondo::io::make_backend(GetParam()));
  options.task_allowance = 3;
  std::vector<int> order;
  const auto main = [&]() -> task<> {
    co_await rondo::with_scope([&](scope& s) -> task<> {
      struct local {
        static task<> note(std::vector<int>& order, int i) {
          order.push_back(i);
          co_return;
        }
      };
      for (int i = 0; i < 100; ++i) s.spawn(local::note(order, i));
      co_return;
    });
  };
  rondo::run(main(), std::move(options));
  ASSERT_EQ(order.size(), 100U);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST_P(fairness, lets_a_timer_end_work_that_never_waits) {
  rondo::loop_options options;
  options.backend = std::move(*rondo::io::make_backend(GetParam()));
  rondo::loop l(std::move(options));
  long done = 0;
  const auto main = [&]() -> task<> {
    co_await rondo::with_scope([&](scope& s) -> task<> {
      l.set_timeout(rondo::duration::milliseconds(5), [&] { s.cancel("the time is over"); });
      for (;;) {  // ends by the cancel, or never
        co_await s.spawn(nothing());
        ++done;
      }
    });
  };
  rondo::run(l, main());
  EXPECT_GT(done, 0);
}

std::vector<rondo::io::backend_kind> granted() {
  std::vector<rondo::io::backend_kind> kinds;
  for (const auto& each : rondo::io::candidates()) {
    if (each.granted) kinds.push_back(each.kind);
  }
  return kinds;
}
INSTANTIATE_TEST_SUITE_P(backends, fairness, testing::ValuesIn(granted()),
                         [](const auto& p) { return rondo::io::to_string(p.param); });

}  // namespace
