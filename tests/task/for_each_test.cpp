// Bounded parallel work over ranges and generators.
#include <rondo/task/for_each.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <ranges>

#include <rondo/async/timeout.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::async_generator;
using rondo::for_each;
using rondo::generator;
using rondo::task;
using rondo::testing::now_ms;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;
using rondo::testing::value_after;

/// Counts how many run at once.
class gauge {
 public:
  task<> work(int seconds) {
    most_ = std::max(most_, ++running_);
    ++begun_;
    try {
      co_await rondo::sleep_for(seconds * 1s);
    } catch (...) {
      --running_;
      throw;
    }
    --running_;
    done_.push_back(seconds);
  }
  int most() const { return most_; }
  int running() const { return running_; }
  int begun() const { return begun_; }
  const std::vector<int>& done() const { return done_; }

 private:
  int running_ = 0;
  int most_ = 0;
  int begun_ = 0;
  std::vector<int> done_;
};

TEST(for_each, runs_no_more_than_the_limit_at_a_time) {
  gauge g;
  const auto main = [](gauge& g) -> task<> {
    const std::vector<int> seconds = {3, 1, 1, 1, 2};
    co_await for_each(seconds, 2, [&g](int s) -> task<> { co_await g.work(s); });
    const long now = co_await now_ms();
    EXPECT_EQ(now, 5000);
  };
  run_simulated(main(g));
  EXPECT_EQ(g.most(), 2);
  EXPECT_EQ(g.done(), (std::vector{1, 1, 3, 1, 2}));
}

TEST(for_each, hands_out_the_elements_themselves) {
  const auto main = []() -> task<> {
    std::vector<int> numbers = {1, 2, 3};
    co_await for_each(numbers, 8, [](int& n) -> task<> {
      co_await rondo::sleep_for(1s);
      n *= 2;
    });
    EXPECT_EQ(numbers, (std::vector{2, 4, 6}));
    int sum = 0;
    const auto add = [&sum](int n) -> task<> {
      co_await rondo::sleep_for(1s);
      sum += n;
    };
    co_await for_each(std::views::iota(1, 5), 3, add);
    std::vector<int> temporary = {10, 20};
    co_await for_each(std::move(temporary), 3, add);
    const std::vector<int> none;
    co_await for_each(none, 3, add);
    EXPECT_EQ(sum, 40);
  };
  run_simulated(main());
}

generator<std::unique_ptr<int>> boxes(int last) {
  for (int i = 1; i <= last; ++i) co_yield std::make_unique<int>(i);
}

generator<const std::string&> names(const std::vector<std::string>& all) {
  for (const std::string& each : all) co_yield each;
}

TEST(for_each, goes_over_generators) {
  const auto main = []() -> task<> {
    int sum = 0;
    co_await for_each(boxes(100), 7, [&sum](std::unique_ptr<int> box) -> task<> {
      co_await rondo::sleep_for(1s);
      sum += *box;
    });
    EXPECT_EQ(sum, 5050);
    const std::vector<std::string> all = {"a", "b", "c"};
    std::string text;
    co_await for_each(names(all), 2, [&text](const std::string& name) -> task<> {
      co_await rondo::sleep_for(1s);
      text += name;
    });
    EXPECT_EQ(text, "abc");
  };
  run_simulated(main());
}

TEST(for_each, begins_no_more_after_a_failure) {
  gauge g;
  const auto main = [](gauge& g) -> task<> {
    const auto work = [&g](int s) -> task<> {
      co_await g.work(s);
      if (s == 2) throw std::runtime_error("the second");
    };
    const std::string outcome = co_await outcome_of(for_each(std::views::iota(1, 100), 3, work));
    EXPECT_EQ(outcome, "the second");
    const long now = co_await now_ms();
    EXPECT_EQ(now, 2000);
  };
  run_simulated(main(g));
  EXPECT_EQ(g.begun(), 4);
  EXPECT_EQ(g.running(), 0);
}

TEST(map_each, yields_in_the_order_of_the_elements) {
  const auto main = []() -> task<> {
    const std::vector<int> seconds = {3, 1, 2};
    const auto slow_square = [](int s) -> task<int> {
      co_await rondo::sleep_for(s * 1s);
      co_return s* s;
    };
    const std::vector<int> squares = co_await rondo::map_each(seconds, 2, slow_square);
    EXPECT_EQ(squares, (std::vector{9, 1, 4}));
    const auto texts = co_await rondo::map_each(
        boxes(3), 2, [](std::unique_ptr<int> box) -> task<std::unique_ptr<int>> {
          co_await rondo::sleep_for((4 - *box) * 1s);
          co_return std::move(box);
        });
    EXPECT_EQ(texts.size(), 3U);
    EXPECT_EQ(*texts.at(2), 3);
  };
  run_simulated(main());
}

async_generator<int> one_a_second(int last, int& yielded) {
  for (int i = 1; i <= last; ++i) {
    co_await rondo::sleep_for(1s);
    yielded = i;
    co_yield i;
  }
}

TEST(for_each, holds_an_asynchronous_source_back) {
  gauge g;
  int yielded = 0;
  const auto main = [](gauge& g, int& yielded) -> task<> {
    const auto work = [&](int) -> task<> {
      EXPECT_LE(yielded - static_cast<int>(g.done().size()), 2) << "nothing is read ahead";
      co_await g.work(10);
    };
    co_await for_each(one_a_second(6, yielded), 2, work);
    const long now = co_await now_ms();
    EXPECT_EQ(now, 34'000);
  };
  run_simulated(main(g, yielded));
  EXPECT_EQ(g.most(), 2);
  EXPECT_EQ(g.done().size(), 6U);
}

TEST(for_each, over_an_asynchronous_source_ends_with_the_first_failure) {
  gauge g;
  int yielded = 0;
  const auto main = [](gauge& g, int& yielded) -> task<> {
    const auto work = [&](int n) -> task<> {
      if (n == 2) co_await rondo::testing::fail_after(500ms, "the second");
      co_await g.work(10);
    };
    auto source = one_a_second(6, yielded);
    const std::string outcome = co_await outcome_of(for_each(source, 4, work));
    EXPECT_EQ(outcome, "the second");
    const long now = co_await now_ms();
    EXPECT_EQ(now, 2500) << "though the source would have gone on";
  };
  run_simulated(main(g, yielded));
  EXPECT_EQ(g.running(), 0);
}

TEST(for_each, over_an_asynchronous_source_may_go_in_turn) {
  const auto main = []() -> task<> {
    int yielded = 0;
    std::vector<int> all;
    co_await for_each(one_a_second(3, yielded), [&](int n) { all.push_back(n); });
    EXPECT_EQ(all, (std::vector{1, 2, 3}));
    auto source = one_a_second(4, yielded);
    const auto take_two = [&all](int n) -> task<> {
      co_await rondo::sleep_for(1s);
      all.push_back(n);
      if (n == 2) throw std::runtime_error("enough");
    };
    const std::string outcome = co_await outcome_of(for_each(source, take_two));
    EXPECT_EQ(outcome, "enough");
    const auto rest = co_await source.next();
    EXPECT_EQ(rest, 3);
  };
  run_simulated(main());
}

TEST(for_each, is_cancelled_from_outside) {
  gauge g;
  const auto main = [](gauge& g) -> task<> {
    const std::string outcome = co_await outcome_of(rondo::with_timeout(
        1500ms,
        for_each(std::views::iota(1, 100), 3, [&g](int) -> task<> { co_await g.work(1); })));
    EXPECT_TRUE(outcome.starts_with("with_timeout: ")) << outcome;
  };
  run_simulated(main(g));
  EXPECT_EQ(g.begun(), 6);
  EXPECT_EQ(g.running(), 0);
}

}  // namespace
