// What run() does with a function on another thread that never returns.
#include <gtest/gtest.h>

#include <rondo/async/offload.hpp>
#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/spawn.hpp>
#include <rondo/task/when_all.hpp>

#include "support/gate.hpp"
#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::errc;
using rondo::loop;
using rondo::loop_options;
using rondo::offload;
using rondo::scope;
using rondo::task;
using rondo::when_all;
using rondo::with_scope;
using rondo::work_kind;
using rondo::testing::await_condition;
using rondo::testing::gate;

/// In a process of its own, because what `run` leaves behind is never given back. 0 where `run`
/// ended as it should though the function never returns.
template <class Main>
int run_with_what_hangs(Main main, bool nested) {
  static gate hang;
  loop_options options;
  options.shutdown_limit = 1ms;
  loop l(std::move(options));
  try {
    rondo::run(l, main(l, hang));
  } catch (const rondo::error& e) {
    if (e.code() != errc::timed_out) return 2;
    const std::string text = e.what();
    if (text.find("files job 'read a tape' (") == std::string::npos) return 3;
    if (text.find("offload_hang_test.cpp") == std::string::npos) return 4;
    bool found = false;
    try {
      std::rethrow_if_nested(e);
    } catch (const std::logic_error&) {
      found = true;
    }
    if (found != nested) return 5;
    if (l.has_work()) return 6;
    // The loop goes on without it, and what then ends resumes nobody.
    l.run();
    if (rondo::run(l, rondo::testing::value_after(1ms, 5)) != 5) return 7;
    hang.open();
    await_condition([&] { return l.pool().counts().of(work_kind::files).completed == 1; });
    l.run();
    return 0;
  }
  return 1;
}

task<> read_a_tape(gate& hang) {
  std::string mine = "what the function uses stays, though nobody waits for it any more";
  co_await offload({work_kind::files, "read a tape"}, [&] {
    hang.pass();
    mine += '.';
  });
  std::_Exit(9);  // resumed though it was given up
}

class offload_hang_death : public ::testing::Test {
 protected:
  offload_hang_death() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(offload_hang_death, can_not_hold_up_a_run_whose_callback_has_failed) {
  const auto main = [](loop& l, gate& hang) -> task<> {
    l.set_timeout(1ms, [&] {
      hang.await_arrivals(1);
      throw std::logic_error("callback");
    });
    co_await when_all(read_a_tape(hang), rondo::sleep_for(1h));
  };
  EXPECT_EXIT(std::_Exit(run_with_what_hangs(main, true)), ::testing::ExitedWithCode(0), "");
}

TEST_F(offload_hang_death, can_not_hold_up_a_run_whose_main_task_has_ended) {
  const auto main = [](loop&, gate& hang) -> task<> {
    co_await rondo::spawn(read_a_tape(hang));
    while (hang.arrivals() == 0) co_await rondo::yield_now();
  };
  EXPECT_EXIT(std::_Exit(run_with_what_hangs(main, false)), ::testing::ExitedWithCode(0), "");
}

TEST_F(offload_hang_death, can_not_hold_up_a_run_whose_main_task_has_failed) {
  const auto main = [](loop&, gate& hang) -> task<> {
    auto hung = co_await rondo::spawn(read_a_tape(hang));
    while (hang.arrivals() == 0) co_await rondo::yield_now();
    hung.cancel();
    throw std::logic_error("main");
  };
  EXPECT_EXIT(std::_Exit(run_with_what_hangs(main, true)), ::testing::ExitedWithCode(0), "");
}

TEST_F(offload_hang_death, can_not_hold_up_a_run_whose_root_scope_was_cancelled) {
  const auto main = [](loop&, gate& hang) -> task<> {
    auto hung = co_await rondo::spawn(read_a_tape(hang));
    while (hang.arrivals() == 0) co_await rondo::yield_now();
    rondo::task_context& line = co_await rondo::this_task();
    line.runs_on().root()->cancel("asked to");
    co_await hung;
  };
  EXPECT_EXIT(std::_Exit(run_with_what_hangs(main, false)), ::testing::ExitedWithCode(0), "");
}

TEST_F(offload_hang_death, can_not_hold_up_a_run_though_it_had_been_cancelled_before) {
  const auto main = [](loop& l, gate& hang) -> task<> {
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(read_a_tape(hang));
      while (hang.arrivals() == 0) co_await rondo::yield_now();
      s.cancel();
      l.set_immediate([] { throw std::logic_error("callback"); });
    });
  };
  EXPECT_EXIT(std::_Exit(run_with_what_hangs(main, true)), ::testing::ExitedWithCode(0), "");
}

TEST(offload_hang, that_ends_within_the_limit_does_not_end_the_run_with_an_error) {
  gate hang;
  const auto main = [](gate& hang) -> task<> {
    co_await rondo::spawn(rondo::as_task(offload([&] { hang.pass(); })));
    while (hang.arrivals() == 0) co_await rondo::yield_now();
    loop& l = co_await rondo::this_loop();
    l.set_timeout(3ms, [&] { hang.open(); });  // after main has ended
  };
  EXPECT_EQ(rondo::run(main(hang)), 0);
}

}  // namespace
