// Timeouts: who asked for the end is told apart, and what was completed is not lost.
#include <rondo/async/timeout.hpp>
#include <rondo/task/shield.hpp>

#include <gtest/gtest.h>

#include <memory>

#include <rondo/async/yield.hpp>
#include <rondo/base/error.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/when_all.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::errc;
using rondo::scope;
using rondo::task;
using rondo::with_scope;
using rondo::with_timeout;
using rondo::testing::fail_after;
using rondo::testing::lines;
using rondo::testing::now_ms;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;
using rondo::testing::say_after;
using rondo::testing::value_after;

/// The code of the `error` that `work` threw; ok where it threw nothing.
template <class Awaitable>
task<errc> code_of(Awaitable work) {
  errc code = errc::ok;
  try {
    static_cast<void>(co_await std::move(work));
  } catch (const rondo::error& e) {
    code = e.code();
  }
  co_return code;
}

TEST(timeout, that_is_not_reached_yields_the_result) {
  const auto main = []() -> task<> {
    const int value = co_await with_timeout(2s, value_after(1s, 5));
    EXPECT_EQ(value, 5);
    co_await rondo::sleep_for(5s);  // and nothing of it is left to go off
    const long now = co_await now_ms();
    EXPECT_EQ(now, 6000);
  };
  run_simulated(main());
}

TEST(timeout, cancels_the_work_and_says_how_long_it_waited) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    const errc code = co_await code_of(with_timeout(1s, say_after(2s, "work", log)));
    EXPECT_EQ(code, errc::timed_out);
    const long now = co_await now_ms();
    EXPECT_EQ(now, 1000);
    const std::string text = co_await outcome_of(with_timeout(1500ms, rondo::sleep_for(1h)));
    EXPECT_NE(text.find("1.5"), std::string::npos) << text;
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"work cancelled"});
}

TEST(timeout, passes_a_failure_on) {
  const auto main = []() -> task<> {
    const std::string outcome =
        co_await outcome_of(with_timeout(2s, fail_after(1s, "work failed")));
    EXPECT_EQ(outcome, "work failed");
  };
  run_simulated(main());
}

TEST(timeout, waits_for_the_end_of_the_work_and_takes_a_result_that_came_all_the_same) {
  struct local {
    static task<int> finish_anyway() {
      try {
        co_await rondo::sleep_for(1h);
      } catch (const rondo::cancelled&) {
      }
      co_return 9;
    }
    static task<> main() {
      const int value = co_await with_timeout(1s, finish_anyway());
      EXPECT_EQ(value, 9);
    }
  };
  run_simulated(local::main());
}

TEST(timeout, keeps_a_result_that_was_there_at_the_instant_of_the_limit) {
  // The child's timer goes off first, then that of the limit. With the queues emptied only after
  // the phase, this happens before the result has reached who waits for it.
  struct local {
    static task<> main(int& seen) {
      co_await with_scope([&](scope& s) -> task<> {
        auto handle = s.spawn(value_after(1s, 4));
        co_await rondo::sleep_for(0s);
        seen = co_await with_timeout(1s, std::move(handle));
      });
    }
  };
  for (const rondo::drain drain :
       {rondo::drain::after_each_callback, rondo::drain::after_each_phase}) {
    rondo::simulated_clock time;
    rondo::loop_options options;
    options.time = &time;
    options.drain_queues = drain;
    int seen = 0;
    rondo::run(local::main(seen), std::move(options));
    EXPECT_EQ(seen, 4);
  }
}

TEST(timeout, takes_a_task_of_a_reference_and_what_can_only_be_moved) {
  struct local {
    static task<int&> refer(int& n) { co_return n; }
    static task<std::unique_ptr<int>> own() { co_return std::make_unique<int>(2); }
    static task<> main() {
      int n = 0;
      int& same = co_await with_timeout(1s, refer(n));
      EXPECT_EQ(&same, &n);
      const auto owned = co_await with_timeout(1s, own());
      EXPECT_EQ(*owned, 2);
    }
  };
  run_simulated(local::main());
}

TEST(timeout, within_a_shorter_one_is_cut_by_the_outer) {
  const auto main = []() -> task<> {
    bool inner_threw = false;
    struct local {
      static task<> inner(bool& threw) {
        try {
          co_await with_timeout(5s, rondo::sleep_for(1h));
        } catch (const rondo::error&) {
          threw = true;
        }
      }
    };
    const errc code = co_await code_of(with_timeout(1s, local::inner(inner_threw)));
    EXPECT_EQ(code, errc::timed_out);
    EXPECT_FALSE(inner_threw);  // to the inner one it was a cancel from outside
    const long now = co_await now_ms();
    EXPECT_EQ(now, 1000);
  };
  run_simulated(main());
}

TEST(timeout, within_a_longer_one_leaves_the_rest_of_the_time) {
  const auto main = []() -> task<> {
    struct local {
      static task<int> inner() {
        const errc code = co_await code_of(with_timeout(1s, rondo::sleep_for(1h)));
        EXPECT_EQ(code, errc::timed_out);
        const int value = co_await value_after(1s, 3);
        co_return value;
      }
    };
    const int value = co_await with_timeout(5s, local::inner());
    EXPECT_EQ(value, 3);
  };
  run_simulated(main());
}

TEST(timeout, at_the_same_instant_as_the_outer_one_is_the_outer_ones) {
  const auto main = []() -> task<> {
    const std::string outcome =
        co_await outcome_of(with_timeout(1s, with_timeout(1s, rondo::sleep_for(1h))));
    EXPECT_NE(outcome, "cancelled");
    const long now = co_await now_ms();
    EXPECT_EQ(now, 1000);
  };
  run_simulated(main());
}

TEST(timeout, that_is_cancelled_from_outside_is_no_timeout) {
  lines log;
  const auto main = [](lines& log) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn([](lines& log) -> task<> {
        const std::string outcome = co_await outcome_of(with_timeout(5s, rondo::sleep_for(1h)));
        log.push_back(outcome);
      }(log));
      co_await rondo::sleep_for(1s);
      s.cancel();
    });
  };
  run_simulated(main(log));
  EXPECT_EQ(log, lines{"cancelled"});
}

TEST(timeout, of_zero_or_less_lets_through_what_need_not_wait) {
  const auto main = []() -> task<> {
    struct local {
      static task<int> at_once() { co_return 1; }
    };
    const int first = co_await with_timeout(0s, local::at_once());
    const int second = co_await with_timeout(-1s, local::at_once());
    EXPECT_EQ(first + second, 2);
    const errc zero = co_await code_of(with_timeout(0s, rondo::sleep_for(1s)));
    const errc negative = co_await code_of(with_timeout(-1s, rondo::sleep_for(1s)));
    EXPECT_EQ(zero, errc::timed_out);
    EXPECT_EQ(negative, errc::timed_out);
    const long now = co_await now_ms();
    EXPECT_EQ(now, 0);
  };
  run_simulated(main());
}

TEST(timeout, of_for_ever_is_none) {
  const auto main = []() -> task<> {
    const int value = co_await with_timeout(rondo::duration::max(), value_after(1h, 2));
    EXPECT_EQ(value, 2);
  };
  run_simulated(main());
}

TEST(with_timeout, takes_a_lambda_and_keeps_its_captures) {
  const auto main = []() -> task<> {
    const std::string word = "captured, and long enough for the heap";
    // Named, since g++ 12 destroys a capturing lambda twice that stands beside a co_await.
    auto measures = [word]() -> task<std::size_t> {
      co_await rondo::sleep_for(1ms);
      co_return word.size();
    };
    const auto size = co_await rondo::with_timeout(1s, std::move(measures));
    EXPECT_EQ(size, word.size());
    auto is_late = [word]() -> task<> {
      co_await rondo::sleep_for(1h);
      ADD_FAILURE() << word;
    };
    const bool in_time = co_await rondo::within(1ms, std::move(is_late));
    EXPECT_FALSE(in_time);
    auto is_short = [word]() -> task<> { co_await rondo::sleep_for(1ms); };
    co_await rondo::shield(std::move(is_short));
  };
  run_simulated(main());
}

}  // namespace
