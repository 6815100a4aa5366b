// run(): from a function into tasks and back, with whatever may go wrong on the way.
#include <rondo/async/run.hpp>

#include <gtest/gtest.h>

#include <thread>

#include <rondo/async/timeout.hpp>
#include <rondo/base/error.hpp>
#include <rondo/task/scope.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::errc;
using rondo::loop;
using rondo::loop_options;
using rondo::scope;
using rondo::task;
using rondo::with_scope;
using rondo::testing::fail_after;
using rondo::testing::lines;
using rondo::testing::say_after;
using rondo::testing::value_after;

/// An await that nothing but a cancel ever ends.
task<> wait_for_ever() {
  co_await rondo::sleep_for(rondo::duration::max());
}

/// A loop on a clock of its own.
class simulated_loop {
 public:
  simulated_loop() : loop_(options(time_)) {}
  operator loop&() noexcept { return loop_; }  // NOLINT(google-explicit-constructor)
  loop* operator->() noexcept { return &loop_; }

 private:
  static loop_options options(rondo::clock& time) {
    loop_options chosen;
    chosen.time = &time;
    return chosen;
  }
  rondo::simulated_clock time_;
  loop loop_;
};

template <class F>
errc code_thrown_by(F&& f) {
  try {
    f();
  } catch (const rondo::error& e) {
    return e.code();
  }
  return errc::ok;
}

TEST(run, returns_the_result_or_zero_for_none) {
  struct local {
    static task<> nothing() { co_return; }
    static task<std::string> word() { co_return "word"; }
  };
  EXPECT_EQ(rondo::run(local::nothing()), 0);
  EXPECT_EQ(rondo::run(local::word()), "word");
}

TEST(run, throws_what_the_task_threw) {
  EXPECT_THROW(rondo::testing::run_simulated(fail_after(1s, "main failed")), std::runtime_error);
}

TEST(run, reports_a_deadlock_and_cancels_what_was_waiting) {
  lines log;
  simulated_loop l;
  const auto main = [](lines& log) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(say_after(rondo::duration::max(), "child", log));
      co_await wait_for_ever();
    });
  };
  EXPECT_EQ(code_thrown_by([&] { rondo::run(l, main(log)); }), errc::deadlock);
  EXPECT_EQ(log, lines{"child cancelled"});
  EXPECT_EQ(rondo::run(l, value_after(1s, 5)), 5);  // the loop is as good as new
}

TEST(run, cancels_main_and_throws_when_a_callback_threw) {
  lines log;
  simulated_loop l;
  l->call_later(1s, [] { throw std::logic_error("callback"); });
  EXPECT_THROW(rondo::run(l, say_after(5s, "main", log)), std::logic_error);
  EXPECT_EQ(log, lines{"main cancelled"});
  EXPECT_FALSE(l->is_alive());
}

TEST(run, goes_on_where_a_hook_takes_what_callbacks_throw) {
  lines log;
  simulated_loop l;
  l->on_uncaught([&](const std::exception_ptr&) { log.push_back("hook"); });
  l->call_later(1s, [] { throw std::logic_error("callback"); });
  rondo::run(l, say_after(5s, "main", log));
  EXPECT_EQ(log, (lines{"hook", "main"}));
}

TEST(run, on_a_loop_with_timers_leaves_those_that_are_not_due) {
  lines log;
  simulated_loop l;
  l->call_later(1s, [&] { log.push_back("early timer"); });
  l->call_later(9s, [&] { log.push_back("late timer"); });
  rondo::run(l, say_after(2s, "main", log));
  EXPECT_EQ(log, (lines{"early timer", "main"}));
  EXPECT_TRUE(l->is_alive());
  rondo::run(l, say_after(3s, "again", log));
  l->run();
  EXPECT_EQ(log, (lines{"early timer", "main", "again", "late timer"}));
}

TEST(run, goes_on_though_somebody_stops_the_loop) {
  lines log;
  simulated_loop l;
  l->call_later(1s, [&] {
    log.push_back("stop");
    l->stop();
  });
  rondo::run(l, say_after(2s, "main", log));
  EXPECT_EQ(log, (lines{"stop", "main"}));
}

TEST(run, waits_for_another_thread_where_the_loop_is_held) {
  loop l;
  struct handed_over : rondo::job {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      waiting = h;
      run = [](job& j) { static_cast<handed_over&>(j).waiting.resume(); };
      other = std::thread([this] { home->post_job(*this); });
    }
    void await_resume() { other.join(); }
    loop* home = nullptr;
    std::coroutine_handle<> waiting;
    std::thread other;
  };
  const auto main = [](loop& l) -> task<int> {
    const rondo::handle_id held = l.hold();
    handed_over back;
    back.home = &l;
    co_await back;
    l.clear(held);
    co_return 1;
  };
  EXPECT_EQ(rondo::run(l, main(l)), 1);
}

TEST(run, in_several_threads_at_once_each_on_a_loop_of_its_own) {
  std::vector<std::thread> threads;
  std::vector<int> results(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&results, i] {
      results[static_cast<std::size_t>(i)] = rondo::testing::run_simulated(value_after(1s, i));
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(results, (std::vector<int>{0, 1, 2, 3}));
}

TEST(run_death, of_an_empty_task_is_a_bug_that_says_so) {
  EXPECT_DEATH(rondo::run(task<>()), "assertion failed: main");
}

}  // namespace
