// What one task promises: nothing runs before it is awaited, whatever it yields or throws arrives,
// and its frame is gone afterwards (counted after every test).
#include <rondo/base/unique_function.hpp>
#include <rondo/task/task.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>

#include <rondo/task/awaitable.hpp>
#include <rondo/task/scope.hpp>

#include "support/tasks.hpp"

namespace {

using rondo::task;
using rondo::testing::run_simulated;

task<> mark(bool& ran) {
  ran = true;
  co_return;
}

task<std::string> text() {
  co_return "text";
}
task<std::unique_ptr<int>> owner(int value) {
  co_return std::make_unique<int>(value);
}
task<int&> same(int& value) {
  co_return value;
}
task<std::vector<int>> from_braces() {
  co_return {};
}
task<int> throwing() {
  throw std::runtime_error("from the child");
  co_return 1;
}

TEST(task, runs_only_when_awaited) {
  bool ran = false;
  const auto main = [](bool& ran) -> task<> {
    task<> child = mark(ran);
    EXPECT_FALSE(ran);
    co_await std::move(child);
    EXPECT_TRUE(ran);
  };
  run_simulated(main(ran));
  EXPECT_TRUE(ran);
}

TEST(task, that_is_never_awaited_never_runs_and_leaves_no_frame) {
  bool ran = false;
  {
    const task<> never = mark(ran);
    EXPECT_TRUE(never);
  }
  EXPECT_FALSE(ran);
}

TEST(task, owns_its_frame_across_moves) {
  bool ran = false;
  task<> a = mark(ran);
  task<> b = std::move(a);
  EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move): what a move leaves is promised to be empty
  b = mark(ran);
  a = std::move(b);
  run_simulated(std::move(a));
  EXPECT_TRUE(ran);
}

TEST(task, yields_values_that_are_moved_referred_to_or_made_of_braces) {
  const auto main = []() -> task<int> {
    const std::string said = co_await text();
    EXPECT_EQ(said, "text");
    std::unique_ptr<int> owned = co_await owner(7);
    int n = 1;
    int& reference = co_await same(n);
    reference = 2;
    EXPECT_EQ(n, 2);
    const std::vector<int> nothing = co_await from_braces();
    EXPECT_TRUE(nothing.empty());
    co_return *owned + n;
  };
  EXPECT_EQ(run_simulated(main()), 9);
}

TEST(task, rethrows_what_its_child_threw_once) {
  const auto main = []() -> task<int> {
    std::string caught;
    try {
      co_await throwing();
    } catch (const std::runtime_error& e) {
      caught = e.what();
    }
    EXPECT_EQ(caught, "from the child");
    const std::string after = co_await text();  // nothing of the failure is left behind
    EXPECT_EQ(after, "text");
    co_return 3;
  };
  EXPECT_EQ(run_simulated(main()), 3);
}

TEST(task, passes_an_exception_through_many_levels_and_destroys_what_is_on_the_way) {
  struct counter {
    explicit counter(int& n) : left(n) { ++left; }
    counter(const counter&) = delete;
    ~counter() { --left; }
    int& left;
  };
  struct local {
    static task<> level(int depth, int& live) {
      const counter here(live);
      if (depth == 0) throw std::out_of_range("the bottom");
      co_await level(depth - 1, live);
    }
  };
  int live = 0;
  EXPECT_THROW(run_simulated(local::level(100, live)), std::out_of_range);
  EXPECT_EQ(live, 0);
}

TEST(task, of_a_value_whose_copy_throws_fails_with_that) {
  struct fragile {
    fragile() = default;
    fragile(fragile&& other) : fuse(other.fuse) {
      if (fuse) throw std::runtime_error("moved once too often");
    }
    bool fuse = false;
  };
  struct local {
    static task<fragile> make() {
      fragile f;
      f.fuse = true;
      co_return std::move(f);
    }
  };
  EXPECT_THROW(run_simulated(local::make()), std::runtime_error);
}

TEST(task, made_of_any_awaitable) {
  const auto main = []() -> task<> {
    co_await rondo::as_task(rondo::sleep_for(std::chrono::seconds(3)));
    const long now = co_await rondo::testing::now_ms();
    EXPECT_EQ(now, 3000);
    const int value = co_await rondo::as_task(rondo::testing::value_after(rondo::duration(), 4));
    EXPECT_EQ(value, 4);
  };
  run_simulated(main());
}

TEST(task_death, awaited_twice_is_a_bug_that_says_so) {
  const auto main = [](task<> child) -> task<> {
    co_await std::move(child);
    co_await std::move(child);  // NOLINT(bugprone-use-after-move): the bug that is tested
  };
  bool ran = false;
  EXPECT_DEATH(run_simulated(main(mark(ran))), "task awaited twice");
}

TEST(task, can_be_made_by_a_type_erased_function) {
  rondo::unique_function<task<int>(int)> twice = [](int n) -> task<int> { co_return 2 * n; };
  const auto main = [&]() -> task<> {
    const int n = co_await twice(21);
    EXPECT_EQ(n, 42);
  };
  run_simulated(main());
}

TEST(task, is_small) {
  // Sizes that may shrink and must not grow without a reason.
  EXPECT_LE(sizeof(rondo::task_context), 112U);
  EXPECT_LE(sizeof(rondo::detail::spawned), 152U);
  EXPECT_LE(sizeof(rondo::task_group), 96U);
  EXPECT_LE(sizeof(task<int>), sizeof(void*));
  EXPECT_LE(sizeof(task<void>::promise_type), 24U);
  EXPECT_LE(sizeof(task<int>::promise_type), 32U);
}

}  // namespace
