// One call for the end: the stages, what each ends, and what the report says meanwhile.
#include <rondo/async/graceful_shutdown.hpp>

#include <gmock/gmock.h>

#include <cstdlib>
#include <latch>
#include <optional>
#include <thread>

#include <rondo/async/offload.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/shield.hpp>
#include <rondo/task/spawn.hpp>

#include "support/gate.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

task<> wait_for_ever() {
  co_await sleep_for(duration::max());
}

task<> sleep_through(duration time) {
  co_await sleep_for(time);
}

task<> nap() {
  co_await sleep_for(10ms);
}

/// A program on a simulated clock whose end is asked for after a second, and what was reported.
class graceful_shutdown_test : public ::testing::Test {
 protected:
  graceful_shutdown_test() : l(with_time(time)) {}

  shutdown_options options() {
    shutdown_options chosen;
    chosen.drain_limit = 10s;
    chosen.cancel_limit = 5s;
    chosen.on_report = [this](const shutdown_report& r) { reports.push_back(r); };
    return chosen;
  }

  /// Runs `work`, for which the end begins after a second. -> what `run` returned
  bool play(graceful_shutdown& ending, task<> work) {
    l.set_timeout(1s, [&] { ending.begin("SIGTERM"); });
    began = l.now();
    return rondo::run(l, ending.run(std::move(work)));
  }

  long took_ms() const { return (l.now() - began).count_ns() / 1'000'000; }
  std::vector<std::string> stages() const {
    std::vector<std::string> names;
    for (const shutdown_report& r : reports) names.emplace_back(to_string(r.stage));
    return names;
  }

  simulated_clock time;
  loop l;
  instant began;
  std::vector<shutdown_report> reports;

 private:
  static loop_options with_time(clock& of) {
    loop_options chosen;
    chosen.time = &of;
    return chosen;
  }
};

TEST_F(graceful_shutdown_test, says_nothing_where_nobody_asks) {
  graceful_shutdown ending(l, options());
  EXPECT_TRUE(rondo::run(l, ending.run(nap())));
  EXPECT_TRUE(reports.empty());
  EXPECT_EQ(ending.stage(), shutdown_stage::running);
}

TEST_F(graceful_shutdown_test, lets_what_is_open_be_finished) {
  graceful_shutdown ending(l, options());
  lines log;
  int accepted = 0;
  auto accept = [](scope& sessions, int& count, lines& to) -> task<> {
    for (;; ++count) {
      sessions.spawn("session", say_after(700ms, "session", to));
      co_await sleep_for(400ms);
    }
  };
  auto server = [&]() -> task<> {
    co_await with_scope([&](scope& sessions) -> task<> {
      co_await ending.until_begun(accept(sessions, accepted, log));
      log.emplace_back("accepts no more");
    });
  };
  EXPECT_TRUE(play(ending, server()));
  EXPECT_EQ(accepted, 2);
  EXPECT_THAT(log, ElementsAre("session", "accepts no more", "session", "session"));
  EXPECT_EQ(took_ms(), 1500);
  EXPECT_THAT(stages(), ElementsAre("ended"));
  EXPECT_EQ(reports.back().reason, "SIGTERM");
  EXPECT_TRUE(reports.back().is_empty());
  EXPECT_EQ(to_string(reports.back()), "shutdown (SIGTERM): ended after 0.5 s");
}

TEST_F(graceful_shutdown_test, cancels_what_is_left_at_the_deadline_and_has_named_it_before) {
  graceful_shutdown ending(l, options());
  auto sessions = [&]() -> task<> {
    co_await with_scope([](scope& all) -> task<> {
      all.spawn("session of ada", wait_for_ever());
      co_await wait_for_ever();
    });
  };
  EXPECT_FALSE(play(ending, sessions()));
  EXPECT_EQ(took_ms(), 11'000);
  EXPECT_THAT(stages(), ElementsAre("draining", "cancelling", "ended"));
  const shutdown_report& asked = reports[0];
  EXPECT_EQ((asked.now - asked.begun).count_ns(), 1'000'000'000);
  EXPECT_EQ((asked.next - asked.now).count_ns(), 9'000'000'000);
  ASSERT_EQ(asked.tasks.size(), 3u);
  EXPECT_EQ(asked.tasks[0].name, "work");
  EXPECT_EQ(asked.tasks[2].name, "session of ada");
  EXPECT_EQ(asked.tasks[2].depth, 1);
  EXPECT_FALSE(asked.tasks[2].shielded);
  EXPECT_THAT(asked.tasks[2].stack, HasSubstr("#0 sleep at graceful_shutdown_test.cpp"));
  EXPECT_FALSE(reports[1].is_empty()) << "what was cut off is told while it is there";
  EXPECT_TRUE(reports[2].is_empty());
  const std::string text = to_string(asked);
  EXPECT_THAT(text, HasSubstr("shutdown (SIGTERM): finishing what is open for 1.0 s; cancelling "
                              "what is left in 9.0 s\n  tasks (3):\n"));
  EXPECT_THAT(text, HasSubstr("\n      \"session of ada\" of graceful_shutdown_test.cpp:"));
}

TEST_F(graceful_shutdown_test, names_a_shield_and_breaks_it_at_last) {
  graceful_shutdown ending(l, options());
  std::string outcome;
  auto stubborn = [&]() -> task<> {
    auto work = [](std::string& how_it_ended) -> task<> {
      try {
        co_await wait_for_ever();
      } catch (const cancelled& c) {
        how_it_ended = c.reason();
        throw;
      }
    };
    co_await shield(work(outcome));
  };
  EXPECT_FALSE(play(ending, stubborn()));
  EXPECT_EQ(took_ms(), 16'000);
  EXPECT_THAT(stages(), ElementsAre("draining", "cancelling", "overdue", "ended"));
  const auto& tasks = reports[2].tasks;
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_TRUE(tasks[0].cancelled);
  EXPECT_TRUE(tasks[1].shielded);
  EXPECT_FALSE(tasks[1].cancelled);
  EXPECT_THAT(to_string(reports[2]), HasSubstr("shielded from the cancel"));
  EXPECT_THAT(outcome, HasSubstr("behind a shield"));
}

TEST_F(graceful_shutdown_test, breaks_the_shields_that_come_after_the_first) {
  graceful_shutdown ending(l, options());
  int shields = 0;
  auto hydra = [](int& count) -> task<> {
    for (; count < 3; ++count) {
      try {
        co_await shield(wait_for_ever());
      } catch (const cancelled&) {  // and goes on cleaning up
      }
    }
  };
  EXPECT_FALSE(play(ending, hydra(shields)));
  EXPECT_EQ(shields, 3);
  EXPECT_EQ(took_ms(), 11'000 + 3 * 5'000);
}

TEST_F(graceful_shutdown_test, leaves_shields_alone_where_it_is_told_to) {
  shutdown_options chosen = options();
  chosen.break_shields = false;
  graceful_shutdown ending(l, std::move(chosen));
  auto patient = []() -> task<> { co_await shield(sleep_through(3600s)); };
  EXPECT_FALSE(play(ending, patient()));
  EXPECT_EQ(took_ms(), 3'600'000);
}

TEST_F(graceful_shutdown_test, hurries) {
  graceful_shutdown ending(l, options());
  l.set_timeout(2500ms, [&] { ending.hurry("again"); });
  EXPECT_FALSE(play(ending, wait_for_ever()));
  EXPECT_EQ(took_ms(), 2'500);
  EXPECT_THAT(stages(), ElementsAre("draining", "cancelling", "ended"));
  EXPECT_EQ(reports.back().reason, "SIGTERM") << "the first reason stays";
}

TEST_F(graceful_shutdown_test, hurries_from_the_start) {
  graceful_shutdown ending(l, options());
  l.set_timeout(500ms, [&] { ending.hurry("now"); });
  EXPECT_FALSE(play(ending, wait_for_ever()));
  EXPECT_EQ(took_ms(), 500);
  EXPECT_EQ(reports.back().reason, "now");
}

TEST_F(graceful_shutdown_test, what_begins_after_the_end_has_begun_ends_at_once) {
  graceful_shutdown ending(l, options());
  ending.begin("early");
  auto late = [&]() -> task<> {
    co_await ending.wait_begun();
    co_await ending.until_begun(wait_for_ever());
  };
  EXPECT_TRUE(play(ending, late()));
  EXPECT_EQ(took_ms(), 0);
  EXPECT_EQ(ending.stage(), shutdown_stage::ended);
  ending.begin("again");  // nothing is left that could
  l.run(run_mode::nowait);
  EXPECT_EQ(reports.size(), 1u);
}

TEST_F(graceful_shutdown_test, hands_on_what_the_work_throws) {
  graceful_shutdown ending(l, options());
  EXPECT_THROW(play(ending, fail_after(1ms, "broken")), std::runtime_error);
}

class some_part final : public shutdown_part {
 public:
  explicit some_part(lines& log) noexcept : log_(&log) {}
  void begin_shutdown() noexcept override { log_->emplace_back("begin"); }
  void end_shutdown() noexcept override { log_->emplace_back("end"); }
  void describe_to(std::vector<shutdown_holder>& list) const override {
    list.push_back({.kind = "session", .what = "of \"ada\"\n", .since = instant()});
  }

 private:
  lines* log_;
};

TEST_F(graceful_shutdown_test, parts_are_told_and_asked) {
  graceful_shutdown ending(l, options());
  lines log;
  lines of_the_late;
  some_part part(log);
  some_part late(of_the_late);
  {
    some_part gone(log);
    ending.add(gone);
  }
  ending.add(part);
  l.set_timeout(2s, [&] { ending.add(late); });
  EXPECT_FALSE(play(ending, wait_for_ever()));
  EXPECT_THAT(log, ElementsAre("begin", "end"));
  EXPECT_THAT(of_the_late, ElementsAre("begin", "end"));
  ASSERT_EQ(reports[1].parts.size(), 2u);
  EXPECT_THAT(to_string(reports[0]), HasSubstr("session of \"ada\"\n, for "));
}

TEST_F(graceful_shutdown_test, answers_at_any_moment) {
  graceful_shutdown ending(l, options());
  std::optional<shutdown_report> before;
  auto ask = [&]() -> task<> {
    const handle_id timer = l.set_timeout(3600s, [] {});
    auto one_sleeper = [](scope& s) -> task<> {
      s.spawn("sleeper", nap());
      co_return;
    };
    l.set_timeout(5ms, [&] { before = ending.report(); });
    co_await with_scope(one_sleeper);
    l.clear(timer);
  };
  EXPECT_TRUE(rondo::run(l, ending.run(ask())));
  ASSERT_TRUE(before);
  EXPECT_EQ(before->stage, shutdown_stage::running);
  EXPECT_TRUE(before->begun.is_never());
  EXPECT_EQ(before->tasks.size(), 2u);
  const std::string text = to_string(*before);
  EXPECT_THAT(text, HasSubstr("shutdown: not asked for\n  tasks (2):\n    \"work\" of "));
  EXPECT_THAT(text, HasSubstr("\n    timeout of graceful_shutdown_test.cpp:"));
  EXPECT_TRUE(ending.report().tasks.empty()) << "behind the end of run";
}

TEST_F(graceful_shutdown_test, shows_people_the_first_of_many) {
  graceful_shutdown ending(l, options());
  auto crowd = []() -> task<> {
    co_await with_scope([](scope& all) -> task<> {
      for (int i = 0; i < 100; ++i) all.spawn(wait_for_ever());
      co_return;
    });
  };
  EXPECT_FALSE(play(ending, crowd()));
  EXPECT_EQ(reports[0].tasks.size(), 101u);
  const std::string text = to_string(reports[0]);
  EXPECT_THAT(text, HasSubstr("\n  tasks (101):"));
  EXPECT_THAT(text, HasSubstr("\n    and 81 more"));
}

TEST_F(graceful_shutdown_test, speaks_json) {
  shutdown_report r;
  r.stage = shutdown_stage::overdue;
  r.reason = "a \"reason\"\x01";
  r.now = instant() + 10s;
  r.begun = instant() + 4s;
  r.tasks.push_back(
      {.name = "t", .where = {}, .depth = 1, .shielded = true, .stack = "#0 a\n#1 b\n"});
  r.parts.push_back({.kind = "k", .what = "w", .since = instant() + 9s});
  r.handles.push_back({.kind = "receive", .where = {}, .since = {}, .fd = 7});
  r.work.push_back(
      {.name = "job", .kind = work_kind::files, .where = {}, .since = instant::never()});
  EXPECT_EQ(to_json(r),
            R"({"stage":"overdue","reason":"a \"reason\"\u0001","begun_ms":6000,)"
            R"("tasks":[{"name":"t","depth":1,"cancelled":false,"shielded":true,)"
            R"("stack":"#0 a\n#1 b\n"}],"parts":[{"kind":"k","what":"w","since_ms":1000}],)"
            R"("handles":[{"kind":"receive","name":"","fd":7}],)"
            R"("work":[{"kind":"files","name":"job","running":false}]})");
}

TEST_F(graceful_shutdown_test, a_hook_that_throws_does_not_hold_up_the_end) {
  shutdown_options chosen = options();
  chosen.on_report = [](const shutdown_report&) { throw std::runtime_error("in the hook"); };
  graceful_shutdown ending(l, std::move(chosen));
  int caught = 0;
  l.on_uncaught([&](std::exception_ptr) { ++caught; });
  EXPECT_FALSE(play(ending, wait_for_ever()));
  EXPECT_EQ(took_ms(), 11'000);
  EXPECT_EQ(caught, 3);
}

TEST_F(graceful_shutdown_test, an_end_that_comes_when_it_is_gone_is_no_end) {
  {
    graceful_shutdown ending(l, options());
    ending.begin();
  }
  l.run(run_mode::nowait);
  {
    graceful_shutdown ending(l, options());
    ending.begin();  // and the loop is destroyed with it
  }
  EXPECT_TRUE(reports.empty());
}

// With the real clock
// ---------------------------------------------------------------------------

class graceful_shutdown_on : public ::testing::TestWithParam<io::backend_kind> {
 protected:
  static loop_options options() {
    loop_options chosen;
    chosen.backend = std::move(*io::make_backend(GetParam()));
    chosen.shutdown_limit = 20ms;
    return chosen;
  }
  loop l{options()};
};

std::vector<io::backend_kind> granted() {
  std::vector<io::backend_kind> kinds;
  for (const io::candidate& c : io::candidates()) {
    if (c.granted) kinds.push_back(c.kind);
  }
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(backends, graceful_shutdown_on, ::testing::ValuesIn(granted()),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST_P(graceful_shutdown_on, begins_from_any_thread) {
  shutdown_options chosen;
  std::string reason;
  chosen.on_report = [&](const shutdown_report& r) { reason = r.reason; };
  graceful_shutdown ending(l, std::move(chosen));
  std::latch running(1);
  std::jthread other([&] {
    running.wait();
    ending.begin("from another thread");
    ending.begin("too late");
  });
  auto work = [&]() -> task<> {
    running.count_down();
    co_await ending.until_begun(wait_for_ever());
  };
  EXPECT_TRUE(rondo::run(l, ending.run(work())));
  EXPECT_EQ(reason, "from another thread");
}

TEST_P(graceful_shutdown_on, names_the_function_that_does_not_return) {
  gate hang;
  std::vector<shutdown_report> reports;
  shutdown_options chosen;
  chosen.drain_limit = 1ms;
  chosen.cancel_limit = 3600s;
  chosen.on_report = [&](const shutdown_report& r) {
    reports.push_back(r);
    hang.open();
  };
  graceful_shutdown ending(l, std::move(chosen));
  auto work = [&]() -> task<> {
    const auto wait = [&] {
      ending.begin("stop");
      hang.pass();
    };
    offload_options called(work_kind::names, "resolve example.com");
    co_await offload(std::move(called), wait);
  };
  EXPECT_FALSE(rondo::run(l, ending.run(work())));
  ASSERT_EQ(reports.size(), 2u);
  const std::string text = to_string(reports[0]);
  EXPECT_THAT(text, HasSubstr("\n      #0 offloaded work at graceful_shutdown_test.cpp:"));
  EXPECT_THAT(
      text, HasSubstr("\n  jobs on threads of the pool (1):\n    names job 'resolve example.com'"));
  EXPECT_THAT(to_json(reports[0]), HasSubstr("\"running\":true"));
}

using graceful_shutdown_death = graceful_shutdown_on;
INSTANTIATE_TEST_SUITE_P(backends, graceful_shutdown_death, ::testing::ValuesIn(granted()),
                         [](const auto& info) { return std::string(to_string(info.param)); });

/// In a process of its own, because what `run` leaves behind is never given back.
TEST_P(graceful_shutdown_death, is_not_held_up_by_what_never_returns) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto hanging_program = [this] {
    static gate never;
    std::string told;
    shutdown_options chosen;
    chosen.drain_limit = 1ms;
    chosen.on_report = [&](const shutdown_report& r) {
      told += to_string(r.stage) + std::string(" ");
    };
    graceful_shutdown ending(l, std::move(chosen));
    auto work = [&]() -> task<> {
      const auto hang = [&] {
        ending.begin("stop");
        never.pass();
      };
      co_await offload(hang);
    };
    try {
      rondo::run(l, ending.run(work()));
    } catch (const error& e) {
      std::_Exit(e.code() == errc::timed_out && told == "cancelling overdue " ? 0 : 2);
    }
    std::_Exit(1);
  };
  EXPECT_EXIT(hanging_program(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace rondo::testing
