// What is done once: who does it, who waits, and what happens where it fails.
#include <rondo/sync/once.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <stdexcept>

#include <rondo/async/yield.hpp>
#include <rondo/sync/once_cell.hpp>

#include "support/seed.hpp"
#include "sync/threads.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::once;
using rondo::once_cell;
using rondo::scope;
using rondo::task;
using rondo::with_scope;
using rondo::testing::lines;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;

static_assert(sizeof(once) == 40);

task<> set_up(std::string name, lines& log) {
  log.push_back(name + " begins");
  co_await rondo::sleep_for(1s);
  log.push_back(name + " ends");
}

task<> call(once& o, std::string name, lines& log) {
  co_await o([&]() -> task<> { co_await set_up(name, log); });
  log.push_back(name + " goes on");
}

TEST(once, is_done_by_the_first_while_the_others_wait) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    once o;
    co_await with_scope([&](scope& s) -> task<> {
      for (const char* name : {"a", "b", "c"}) s.spawn(call(o, name, log));
      co_await rondo::sleep_for(500ms);
      EXPECT_FALSE(o.is_done());
    });
    EXPECT_TRUE(o.is_done());
    co_await call(o, "d", log);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"a begins", "a ends", "a goes on", "b goes on", "c goes on", "d goes on"}));
}

/// Throws before there is a task, or lets the task fail.
class broken {
 public:
  explicit broken(bool at_once) noexcept : at_once_(at_once) {}
  RONDO_COROUTINE_WRAPPER task<> operator()() const {
    if (at_once_) throw std::runtime_error("no frame");
    return rondo::testing::fail_after(1s, "failed");
  }

 private:
  bool at_once_;
};

TEST(once, is_tried_by_the_next_where_it_fails_or_cannot_even_begin) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    once o;
    const auto fails = [](once& o, std::string name, bool at_once, lines& log) -> task<> {
      const std::string outcome = co_await outcome_of(o(broken(at_once)));
      log.push_back(name + " " + outcome);
    };
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(fails(o, "a", true, log));
      s.spawn(fails(o, "b", false, log));
      s.spawn(fails(o, "c", true, log));
      s.spawn(call(o, "d", log));
      s.spawn(call(o, "e", log));
      co_await rondo::yield_now();
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"a no frame", "b failed", "c no frame", "d begins", "d ends", "d goes on",
                        "e goes on"}));
}

TEST(once, is_tried_by_the_next_where_the_first_is_cancelled) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    once o;
    co_await with_scope([&](scope& s) -> task<> {
      auto a = s.spawn(call(o, "a", log));
      auto b = s.spawn(call(o, "b", log));
      s.spawn(call(o, "c", log));
      co_await rondo::sleep_for(500ms);
      b.cancel();
      a.cancel();
    });
    EXPECT_TRUE(o.is_done());
    const long now = co_await rondo::testing::now_ms();
    EXPECT_EQ(now, 1500);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"a begins", "c begins", "c ends", "c goes on"}));
}

TEST(once, is_not_touched_by_a_line_that_is_to_end) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    once o;
    co_await with_scope([&](scope& s) -> task<> {
      s.cancel();
      const std::string outcome = co_await outcome_of(call(o, "a", log));
      EXPECT_EQ(outcome, "cancelled");
    });
    EXPECT_FALSE(o.is_done());
    const std::string late = co_await outcome_of(rondo::with_timeout(1ms, call(o, "b", log)));
    EXPECT_NE(late.find("limit"), std::string::npos) << late;
    co_await call(o, "c", log);
  };
  run_simulated(main(log));
  EXPECT_EQ(log, (lines{"b begins", "c begins", "c ends", "c goes on"}));
}

TEST(once_death, of_one_that_needs_itself) {
  const auto main = []() -> task<> {
    once o;
    co_await o([&]() -> task<> { co_await o([]() -> task<> { co_return; }); });
  };
  EXPECT_DEATH(run_simulated(main()), "runner_ != &line");
}

TEST(once_cell, holds_the_value_that_the_first_has_made) {
  const auto main = []() -> task<> {
    once_cell<std::unique_ptr<int>> cell;
    EXPECT_EQ(cell.try_get(), nullptr);
    const auto makes = [](once_cell<std::unique_ptr<int>>& cell, int n) -> task<> {
      const std::unique_ptr<int>& value = co_await cell.get([n]() -> task<std::unique_ptr<int>> {
        co_await rondo::sleep_for(1s);
        if (n == 1) throw std::runtime_error("bad luck");
        co_return std::make_unique<int>(n);
      });
      EXPECT_EQ(*value, 2);
    };
    co_await with_scope([&](scope& s) -> task<> {
      auto first = s.spawn([](task<> work) -> task<> {
        const std::string outcome = co_await outcome_of(std::move(work));
        EXPECT_EQ(outcome, "bad luck");
      }(makes(cell, 1)));
      for (int n = 2; n < 5; ++n) s.spawn(makes(cell, n));
      co_await first;
    });
    EXPECT_EQ(**cell.try_get(), 2);
  };
  run_simulated(main());
}

TEST(once_cell, hands_on_where_the_value_cannot_be_moved_in) {
  struct fragile {  // survives the way into its task's frame, and breaks on the next
    explicit fragile(int n) : number(n) {}
    fragile(fragile&& other) : number(other.number), moves(other.moves + 1) {  // NOLINT
      if (number < 0 && moves == 2) throw std::runtime_error("broken on the way");
    }
    int number;
    int moves = 0;
  };
  const auto main = []() -> task<> {
    once_cell<fragile> cell;
    std::string outcome;
    try {
      co_await cell.get([]() -> task<fragile> { co_return fragile(-1); });
    } catch (const std::runtime_error& e) {
      outcome = e.what();
    }
    EXPECT_EQ(outcome, "broken on the way");
    const fragile& value = co_await cell.get([]() -> task<fragile> { co_return fragile(3); });
    EXPECT_EQ(value.number, 3);
  };
  run_simulated(main());
}

TEST(once, is_done_once_for_several_threads_though_attempts_fail) {
  constexpr std::size_t rounds = 100;
  std::vector<once> all(rounds);
  std::vector<int> done(rounds);
  rondo::testing::run_in_threads(3, [&](int thread) -> task<> {
    std::mt19937_64 random(rondo::testing::seed() + static_cast<unsigned>(thread));
    for (std::size_t i = 0; i < rounds; ++i) {
      for (bool through = false; !through;) {
        const bool fails = random() % 3 == 0;
        try {
          co_await all[i]([&]() -> task<> {
            co_await rondo::yield_now();
            if (fails) throw std::runtime_error("this time not");
            ++done[i];
          });
          through = true;
        } catch (const std::runtime_error&) {
          EXPECT_TRUE(fails);
        }
      }
      EXPECT_EQ(done[i], 1);
    }
  });
}

}  // namespace
