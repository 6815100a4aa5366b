// The one wait list: order, grants, cancels, and what happens where both come.
#include <rondo/sync/wait_list.hpp>

#include <gtest/gtest.h>

#include <optional>

#include <rondo/async/yield.hpp>
#include <rondo/task/this_task.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::scope;
using rondo::task;
using rondo::wait_list;
using rondo::with_scope;
using rondo::testing::lines;
using rondo::testing::run_simulated;

/// The least primitive: whoever waits is let through by `open_for_one` and `open_for_all`.
class gate : private wait_list {
 public:
  class [[nodiscard]] pass : private rondo::waiter {
   public:
    explicit pass(gate& at) noexcept : waiter("a gate"), gate_(&at) {}
    bool await_ready() const noexcept { return false; }
    template <rondo::task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      rondo::task_context& line = waiting.promise().context();
      if (is_cancelled_already(line)) return false;
      const holding hold(*gate_);
      enqueue(*gate_, line, waiting, where);
      return true;
    }
    void await_resume() const { end_wait(); }

   private:
    gate* gate_;
  };
  pass wait() noexcept { return pass(*this); }

  bool open_for_one() {
    rondo::waiter* first = nullptr;
    {
      const holding hold(*this);
      first = pop();
    }
    if (first != nullptr) first->resume_from_anywhere();
    return first != nullptr;
  }
  void open_for_all() {
    granted all;
    {
      const holding hold(*this);
      pop_all(all);
    }
    all.resume_all();
  }
  /// From now on each cancel lets the next one through, too.
  void open_for_one_after_a_cancel() {
    on_cancel([](wait_list& self, granted& let_through) noexcept {
      if (rondo::waiter* const next = self.pop()) let_through.push(*next);
    });
  }
  const void* address() const noexcept { return static_cast<const wait_list*>(this); }
};

task<> waits(gate& g, std::string name, lines& log) {
  try {
    co_await g.wait();
    log.push_back(name);
  } catch (const rondo::cancelled&) {
    log.push_back(name + " cancelled");
    throw;
  }
}

TEST(wait_list, serves_in_the_order_of_coming) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    gate g;
    co_await with_scope([&](scope& s) -> task<> {
      for (const char* name : {"a", "b", "c", "d"}) s.spawn(waits(g, name, log));
      co_await rondo::yield_now();
      EXPECT_TRUE(g.open_for_one());
      co_await rondo::yield_now();
      EXPECT_EQ(log, lines{"a"});
      g.open_for_all();
      EXPECT_FALSE(g.open_for_one());
    });
    EXPECT_EQ(log, (lines{"a", "b", "c", "d"}));
  };
  run_simulated(main(log));
}

TEST(wait_list, is_left_by_a_cancel_and_its_order_stays) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    gate g;
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(waits(g, "a", log));
      auto b = s.spawn(waits(g, "b", log));
      s.spawn(waits(g, "c", log));
      co_await rondo::yield_now();
      b.cancel();
      b.cancel();
      co_await rondo::yield_now();
      g.open_for_all();
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"b cancelled", "a", "c"}));
}

TEST(wait_list, keeps_a_grant_that_a_cancel_follows_also_where_the_list_has_gone) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      std::optional<gate> g(std::in_place);
      auto a = s.spawn(waits(*g, "a", log));
      co_await rondo::yield_now();
      g->open_for_one();
      g.reset();
      a.cancel();
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"a"});
}

TEST(wait_list, is_not_entered_by_a_line_that_is_to_end) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    gate g;
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      const std::string outcome = co_await rondo::testing::outcome_of(g.wait());
      log.push_back(outcome);
      EXPECT_FALSE(g.open_for_one());
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"cancelled"});
}

TEST(wait_list, lets_a_primitive_serve_others_when_one_gives_up) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    gate g;
    g.open_for_one_after_a_cancel();
    co_await with_scope([&](scope& s) -> task<> {
      auto a = s.spawn(waits(g, "a", log));
      s.spawn(waits(g, "b", log));
      s.spawn(waits(g, "c", log));
      co_await rondo::yield_now();
      a.cancel();
      co_await rondo::yield_now();
      g.open_for_all();
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"b", "a cancelled", "c"}));
}

TEST(wait_list, lets_a_wait_say_what_and_on_what_it_is) {
  const auto main = []() -> task<> {
    gate g;
    co_await with_scope([&](scope& s) -> task<> {
      const rondo::task_context* line = nullptr;
      const auto tells = [](gate& g, const rondo::task_context*& line) -> task<> {
        line = &co_await rondo::this_task();
        co_await g.wait();
      };
      s.spawn(tells(g, line));
      co_await rondo::yield_now();
      const rondo::wait_description waits_for = line->waits_for();
      EXPECT_STREQ(waits_for.what, "a gate");
      EXPECT_EQ(waits_for.on, g.address());
      EXPECT_NE(std::string(waits_for.where.file_name()).find("wait_list_test"), std::string::npos);
      g.open_for_all();
      EXPECT_EQ(line->waits_for().on, nullptr);  // it only waits for its turn now
    });
  };
  run_simulated(main());
}

}  // namespace
