// Every task runs to its end, and how it ended is a value.
#include <rondo/task/all_settled.hpp>

#include <gtest/gtest.h>

#include <memory>

#include <rondo/async/timeout.hpp>
#include <rondo/task/when_all.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::all_settled;
using rondo::task;
using rondo::testing::fail_after;
using rondo::testing::now_ms;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;
using rondo::testing::value_after;

TEST(all_settled, lets_a_failure_cancel_nobody) {
  const auto main = []() -> task<> {
    auto ends = co_await all_settled(fail_after(1s, "broken"), value_after(3s, 3),
                                     rondo::as_task(rondo::sleep_for(2s)));
    const std::string failure = [&] {
      try {
        std::get<0>(ends).take();
      } catch (const std::exception& e) {
        return std::string(e.what());
      }
      return std::string("none");
    }();
    EXPECT_EQ(failure, "broken");
    EXPECT_EQ(std::get<1>(ends).value(), 3);
    EXPECT_TRUE(std::get<2>(ends));
    const long now = co_await now_ms();
    EXPECT_EQ(now, 3000);
  };
  run_simulated(main());
}

TEST(all_settled, of_many_yields_a_vector_in_order) {
  const auto main = []() -> task<> {
    std::vector<task<int>> work;
    for (int i = 0; i < 100; ++i) work.push_back(value_after((100 - i) * 1ms, i));
    auto ends = co_await all_settled(std::move(work));
    EXPECT_EQ(ends.size(), 100U);
    for (std::size_t i = 0; i < ends.size(); ++i) EXPECT_EQ(ends[i].take(), static_cast<int>(i));
    std::vector<task<int>> none;
    ends = co_await all_settled(std::move(none));
    EXPECT_TRUE(ends.empty());
  };
  run_simulated(main());
}

TEST(all_settled, takes_what_can_only_be_moved_and_what_is_referred_to) {
  struct local {
    static task<std::unique_ptr<int>> own() { co_return std::make_unique<int>(3); }
    static task<int&> refer(int& n) { co_return n; }
    static task<> main() {
      int n = 1;
      auto ends = co_await all_settled(own(), refer(n), value_after(1s, 1));
      const std::unique_ptr<int> owned = std::get<0>(ends).take();
      EXPECT_EQ(*owned, 3);
      EXPECT_EQ(&std::get<1>(ends).take(), &n);
      std::vector<task<int&>> references;
      references.push_back(refer(n));
      std::vector<rondo::settled<int&>> some = co_await all_settled(std::move(references));
      EXPECT_EQ(&some.front().value(), &n);
      references.clear();
      references.push_back(refer(n));
      const std::vector<int*> all = co_await rondo::when_all(std::move(references));
      EXPECT_EQ(all.front(), &n);
    }
  };
  run_simulated(local::main());
}

TEST(all_settled, that_is_cancelled_says_who_had_ended) {
  const auto main = []() -> task<> {
    auto ends =
        co_await rondo::with_timeout(2s, all_settled(value_after(1s, 1), value_after(3s, 3)));
    EXPECT_EQ(std::get<0>(ends).value(), 1);
    EXPECT_TRUE(std::get<1>(ends).was_cancelled());
    EXPECT_THROW(std::get<1>(ends).take(), rondo::cancelled);
    const long now = co_await now_ms();
    EXPECT_EQ(now, 2000);
  };
  run_simulated(main());
}

}  // namespace
