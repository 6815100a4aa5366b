// What a suspended program says of itself: every task, what it waits for, and the way there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rondo/async/timeout.hpp>
#include <rondo/task/async_generator.hpp>
#include <rondo/task/async_stack.hpp>
#include <rondo/task/spawn.hpp>
#include <rondo/task/when_all.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::async_stack;
using rondo::scope;
using rondo::task;
using rondo::task_context;
using rondo::task_tree;
using rondo::with_scope;
using rondo::testing::run_simulated;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

task<> nap() {
  co_await rondo::sleep_for(1h);
}
task<> naps_within() {
  co_await nap();
}

/// The lines of a program as the tree of its main task shows them, after a millisecond.
std::string tree_while(task<> work) {
  std::string tree;
  const auto main = [](task<> work, std::string& tree) -> task<> {
    task_context& line = co_await rondo::this_task();
    rondo::loop& l = co_await rondo::this_loop();
    l.set_timeout(1ms, [&] { tree = task_tree(line); });
    co_await rondo::within(1s, std::move(work));
  };
  run_simulated(main(std::move(work), tree));
  return tree;
}

TEST(async_stack, names_the_wait_the_awaits_and_the_spawn_in_this_order) {
  const auto main = []() -> task<> {
    const auto body = [](scope& s) -> task<> {
      auto napping = s.spawn("napper", naps_within());
      co_await rondo::sleep_for(1ms);
      napping.cancel();
    };
    co_await with_scope(body);
  };
  const std::string tree = tree_while(main());
  EXPECT_THAT(tree, ContainsRegex("#0 sleep at async_stack_test.cpp:[0-9]+ in .*nap.*\n"
                                  " *#1 awaited at async_stack_test.cpp:[0-9]+ in .*naps_within.*\n"
                                  " *#2 spawned as \"napper\" at async_stack_test.cpp:[0-9]+ in "));
}

TEST(async_stack, shows_the_children_of_groups_below_those_who_wait) {
  const auto main = []() -> task<> { co_await rondo::when_all(nap(), naps_within()); };
  const std::string tree = tree_while(main());
  EXPECT_THAT(tree,
              AllOf(HasSubstr("#0 its children at async_stack_test.cpp:"),
                    ContainsRegex("\n +#0 sleep .*\n +#1 begun .*\n +#0 sleep .*\n +#1 awaited")));
}

TEST(async_stack, says_whom_a_join_waits_for) {
  const auto main = []() -> task<> {
    const auto body = [](scope& s) -> task<> {
      std::string name = "made";
      name += " at run time";
      auto slow = s.spawn(rondo::label(name), nap());
      co_await slow;
    };
    co_await with_scope(body);
  };
  EXPECT_THAT(tree_while(main()), HasSubstr("#0 the end of a task \"made at run time\" at "));
}

rondo::async_generator<int> inner() {
  co_await nap();
  co_yield 1;
}
rondo::async_generator<int> outer() {
  co_yield rondo::elements_of(inner());
}

TEST(async_stack, goes_through_generators) {
  const auto main = []() -> task<> {
    auto numbers = outer();
    static_cast<void>(co_await numbers.next());
  };
  EXPECT_THAT(tree_while(main()),
              ContainsRegex("#0 sleep at .*nap.*\n *#1 awaited at .*inner.*\n *#2 awaited at "
                            ".*outer.*\n *#3 awaited at "));
}

TEST(async_stack, of_a_line_that_runs_is_where_it_began) {
  const auto main = []() -> task<> {
    task_context& line = co_await rondo::this_task();
    EXPECT_THAT(async_stack(line), AllOf(HasSubstr("#0 running"), Not(HasSubstr("#1"))));
  };
  run_simulated(main());
}

TEST(async_stack, of_a_task_can_be_had_from_its_handle) {
  const auto main = []() -> task<> {
    const auto body = [](scope& s) -> task<> {
      auto napping = s.spawn("napper", naps_within());
      co_await rondo::sleep_for(1ms);
      EXPECT_THAT(async_stack(napping.line()), HasSubstr("#2 spawned as \"napper\""));
      s.cancel();
    };
    co_await with_scope(body);
  };
  run_simulated(main());
}

}  // namespace
