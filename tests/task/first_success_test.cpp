// The first value wins; failures only drop out.
#include <gtest/gtest.h>

#include <rondo/async/timeout.hpp>
#include <rondo/task/race.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::first_success;
using rondo::task;
using rondo::testing::fail_after;
using rondo::testing::now_ms;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;
using rondo::testing::value_after;

task<int> refused(rondo::duration delay, std::string text) {
  co_await fail_after(delay, std::move(text));
  co_return 0;
}

TEST(first_success, passes_over_failures) {
  const auto main = []() -> task<> {
    const int value = co_await first_success(refused(1s, "no"), value_after(3s, 3),
                                             refused(2s, "nor this"), value_after(4s, 4));
    EXPECT_EQ(value, 3);
    const long now = co_await now_ms();
    EXPECT_EQ(now, 3000);
  };
  run_simulated(main());
}

TEST(first_success, throws_all_failures_where_there_is_no_value) {
  const auto main = []() -> task<> {
    const std::string both =
        co_await outcome_of(first_success(refused(2s, "second"), refused(1s, "first")));
    EXPECT_EQ(both, "2 tasks failed: first; second");
    const std::string one = co_await outcome_of(first_success(refused(1s, "only")));
    EXPECT_EQ(one, "only");
    std::vector<task<int>> none;
    const std::string refusal = co_await outcome_of(first_success(std::move(none)));
    EXPECT_NE(refusal.find("none can be first"), std::string::npos) << refusal;
  };
  run_simulated(main());
}

TEST(first_success, that_is_cancelled_yields_a_value_or_throws) {
  const auto main = []() -> task<> {
    const std::string timed_out = co_await outcome_of(
        rondo::with_timeout(1s, first_success(value_after(3s, 1), value_after(2s, 2))));
    EXPECT_TRUE(timed_out.starts_with("with_timeout: ")) << timed_out;
    // The failure that came before the cancel is not forgotten.
    const std::string failed = co_await outcome_of(
        rondo::with_timeout(2s, first_success(refused(1s, "no"), value_after(3s, 2))));
    EXPECT_EQ(failed, "no");
  };
  run_simulated(main());
}

}  // namespace
