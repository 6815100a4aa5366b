// Cancels what the combinators run at every point in time at which they can be met waiting (see
// support/cancel_points.hpp).
#include <gtest/gtest.h>

#include <rondo/async/interval.hpp>
#include <rondo/async/retry.hpp>
#include <rondo/task/all_settled.hpp>
#include <rondo/task/async_generator.hpp>
#include <rondo/task/for_each.hpp>
#include <rondo/task/join_set.hpp>
#include <rondo/task/race.hpp>
#include <rondo/task/select.hpp>
#include <rondo/task/with_resource.hpp>

#include "support/cancel_points.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::task;
using rondo::testing::expect_nothing_left;
using rondo::testing::fail_after;
using rondo::testing::guard;
using rondo::testing::outcome_of;
using rondo::testing::program;

task<int> slow(int milliseconds) {
  const guard g;
  for (int i = 0; i < milliseconds; ++i) co_await rondo::sleep_for(1ms);
  co_return milliseconds;
}

task<int> stubborn(int milliseconds) {
  const guard g;
  try {
    co_await rondo::sleep_for(milliseconds * 1ms);
  } catch (const rondo::cancelled&) {
  }
  co_return milliseconds;
}

task<int> refused(int milliseconds) {
  const guard g;
  co_await fail_after(milliseconds * 1ms, "refused");
  co_return 0;
}

std::vector<task<int>> several() {
  std::vector<task<int>> work;
  for (int i = 1; i < 6; ++i) work.push_back(slow(i));
  return work;
}

task<> choices() {
  const guard g;
  auto first = co_await rondo::when_any(slow(3), slow(2), stubborn(4));
  auto results = co_await rondo::when_any(several());
  const std::string failed = co_await outcome_of(rondo::when_any(refused(2), slow(3)));
  auto settled = co_await rondo::when_any(refused(2), stubborn(3)).as_settled();
  const int winner = co_await rondo::race(slow(3), stubborn(2)).leftovers_to([](int) {});
  EXPECT_TRUE(winner == 2 || winner == 3);
  // Cancelled half-way it throws the failures that there were; the next await meets the cancel.
  const std::string success =
      co_await outcome_of(rondo::first_success(refused(1), slow(3), refused(2)));
  co_await rondo::sleep_for(1ms);
  EXPECT_EQ(success, "");
}

task<> settling() {
  const guard g;
  auto some = co_await rondo::all_settled(refused(1), slow(4), stubborn(2));
  auto many = co_await rondo::all_settled(several());
}

task<> selecting() {
  const guard g;
  for (int i = 1; i < 4; ++i) {
    const auto handler = [](int milliseconds) -> task<> {
      const guard in_the_handler;
      co_await rondo::sleep_for(milliseconds * 1ms);
    };
    co_await rondo::select(on(slow(i), handler), on(rondo::sleep_for(2ms), [] {}),
                           on(stubborn(3), [](int) {}));
  }
}

task<> sets() {
  const guard g;
  co_await rondo::with_join_set<int>([](rondo::join_set<int>& set) -> task<> {
    const guard in_the_body;
    for (int i = 1; i < 6; ++i) set.spawn(slow(i));
    for (int i = 1; i < 4; ++i) {
      const auto value = co_await set.next();
      EXPECT_EQ(value, i);
    }
    co_await rondo::sleep_for(1ms);
  });
  co_await rondo::as_completed(several(), [](int) -> task<> { co_await rondo::sleep_for(1ms); });
}

rondo::async_generator<int> source() {
  const guard g;
  for (int i = 1; i < 4; ++i) {
    co_await rondo::sleep_for(1ms);
    co_yield i;
    if (i == 2)
      co_yield rondo::elements_of([]() -> rondo::async_generator<int> {
        const guard nested;
        co_await rondo::sleep_for(2ms);
        co_yield 7;
      }());
  }
}

task<> sequences() {
  const guard g;
  auto numbers = source();
  int sum = 0;
  for (;;) {
    const auto n = co_await numbers.next();
    if (!n) break;
    sum += *n;
  }
  EXPECT_EQ(sum, 13);
  auto left_early = source();
  static_cast<void>(co_await left_early.next());
}

task<> loops() {
  const guard g;
  const auto work = [](int milliseconds) -> task<> {
    const guard at_work;
    co_await rondo::sleep_for(milliseconds * 1ms);
  };
  const std::vector<int> all = {3, 1, 2, 4, 1};
  co_await rondo::for_each(all, 2, work);
  co_await rondo::for_each(source(), 2, work);
  co_await rondo::for_each(source(), work);
  const std::vector<int> results = co_await rondo::map_each(all, 3, slow);
  EXPECT_EQ(results, all);
}

task<> resources() {
  const guard g;
  const auto use = [](int milliseconds) -> task<> {
    const guard in_use;
    co_await rondo::sleep_for(milliseconds * 1ms);
  };
  const auto release = [](int) -> task<> {
    const guard in_the_release;
    co_await rondo::sleep_for(1ms);
  };
  for (int i = 1; i < 4; ++i) co_await rondo::with_resource(slow(i), use, release);
}

task<> attempts() {
  const guard g;
  rondo::retry_options options;
  options.jitter = false;
  options.first_pause = 1ms;
  const auto attempt = [](int n) -> task<int> {
    if (n < 4) co_await fail_after(n * 1ms, "refused");
    const int value = co_await slow(2);
    co_return value;
  };
  const int value = co_await rondo::retry(options, attempt);
  EXPECT_EQ(value, 2);
  rondo::interval ticks(2ms);
  for (int i = 0; i < 5; ++i) co_await ticks.next();
}

constexpr program programs[] = {
    {"choices", choices},
    {"settling", settling},
    {"selecting", selecting},
    {"sets", sets},
    {"sequences", sequences},
    {"loops", loops},
    {"resources", resources, rondo::duration::milliseconds(1)},
    {"attempts", attempts},
};

TEST(cancel_combinators, leaves_nothing) {
  expect_nothing_left(programs, rondo::testing::cancelled_at);
}

TEST(cancel_combinators, leaves_nothing_where_it_comes_last_in_its_instant) {
  expect_nothing_left(programs, rondo::testing::cancelled_late_at);
}

TEST(cancel_combinators, leaves_nothing_by_a_deadline) {
  expect_nothing_left(programs, rondo::testing::limited_to);
}

}  // namespace
