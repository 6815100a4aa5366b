#include "loop/fixture.hpp"

namespace {

using namespace rondo;
using namespace rondo::testing;

/// Both ways of emptying the queues, and a limit to their depth.
loop_options options_with(drain when, std::uint32_t limit = 0, bool yields = true) {
  loop_options options;
  options.drain_queues = when;
  options.tick_depth_limit = limit;
  options.yield_at_tick_limit = yields;
  return options;
}

class queue_test : public loop_test {
 protected:
  explicit queue_test(loop_options options) : loop_test(std::move(options)) {}

  /// Two callbacks of each phase, each of which queues a tick and a microtask.
  void fill_all_phases() {
    for (const char* number : {"1", "2"}) {
      const auto speak = [this, number](const std::string& phase) -> callback {
        return [this, name = phase + number] {
          say(name);
          l.queue_microtask(says(name + " micro"));
          l.next_tick(says(name + " tick"));
        };
      };
      l.call_later(0ms, speak("timer"));
      l.call_soon(speak("pending"));
      l.post(speak("post"));
      l.set_immediate(speak("immediate"));
      l.call_on_close(speak("close"));
    }
  }
};

class queues : public queue_test {
 protected:
  queues() : queue_test(options_with(drain::after_each_callback)) {}
};
class queues_after_each_phase : public queue_test {
 protected:
  queues_after_each_phase() : queue_test(options_with(drain::after_each_phase)) {}
};
class queues_with_a_limit : public queue_test {
 protected:
  queues_with_a_limit() : queue_test(options_with(drain::after_each_callback, 10)) {}
};
class queues_with_a_report : public queue_test {
 protected:
  queues_with_a_report() : queue_test(options_with(drain::after_each_callback, 10, false)) {}
};

TEST_F(queues, ticks_come_before_microtasks) {
  l.queue_microtask(says("microtask 1"));
  l.next_tick(says("tick 1"));
  l.queue_microtask(says("microtask 2"));
  l.next_tick(says("tick 2"));
  l.run();
  EXPECT_THAT(log, ElementsAre("tick 1", "tick 2", "microtask 1", "microtask 2"));
}

TEST_F(queues, all_microtasks_come_before_the_ticks_they_queue) {
  l.queue_microtask([this] {
    say("microtask 1");
    l.next_tick(says("tick of microtask 1"));
    l.queue_microtask(says("microtask of microtask 1"));
  });
  l.queue_microtask(says("microtask 2"));
  l.next_tick([this] {
    say("tick 1");
    l.queue_microtask(says("microtask of tick 1"));
    l.next_tick(says("tick of tick 1"));
  });
  l.run();
  EXPECT_THAT(
      log, ElementsAre("tick 1", "tick of tick 1", "microtask 1", "microtask 2",
                       "microtask of tick 1", "microtask of microtask 1", "tick of microtask 1"));
}

TEST_F(queues, jobs_are_scheduled_behind_the_microtasks) {
  struct speaking_job : job {
    std::vector<std::string>* log = nullptr;
  } own;
  own.log = &log;
  own.run = [](job& j) { static_cast<speaking_job&>(j).log->push_back("job"); };
  l.queue_microtask(says("microtask"));
  l.schedule(own);
  l.queue_microtask(says("later microtask"));
  l.run();
  EXPECT_THAT(log, ElementsAre("microtask", "job", "later microtask"));
}

TEST_F(queues, are_emptied_after_every_callback) {
  fill_all_phases();
  l.run();
  std::vector<std::string> expected;
  for (const std::string phase : {"timer", "pending", "post", "immediate", "close"}) {
    for (const std::string& name : {phase + "1", phase + "2"}) {
      expected.insert(expected.end(), {name, name + " tick", name + " micro"});
    }
  }
  EXPECT_EQ(log, expected);
}

TEST_F(queues_after_each_phase, are_emptied_after_every_phase) {
  fill_all_phases();
  l.run();
  std::vector<std::string> expected;
  for (const std::string phase : {"timer", "pending", "post", "immediate", "close"}) {
    const std::string a = phase + "1";
    const std::string b = phase + "2";
    expected.insert(expected.end(), {a, b, a + " tick", b + " tick", a + " micro", b + " micro"});
  }
  EXPECT_EQ(log, expected);
}

TEST_F(queues_after_each_phase, include_hooks_and_completions) {
  speaking_op op(*this, "completion");
  op.then = [this] { l.next_tick(says("tick of the completion")); };
  EXPECT_FALSE(l.start(op));
  io->script = {[&] {
    io->complete(op, 0);
    l.post(says("post"));
  }};
  for (const char* name : {"a", "b"}) {
    l.add_prepare([this, name] {
      say(name);
      l.next_tick(says(std::string("tick of ") + name));
    });
  }
  l.run(run_mode::once);
  EXPECT_THAT(log, ElementsAre("a", "b", "tick of a", "tick of b", "completion", "post",
                               "tick of the completion"));
}

TEST_F(queues, without_a_limit_are_emptied_however_deep_they_are) {
  int reports = 0;
  l.on_starvation([&](std::uint32_t) { ++reports; });
  int left = 100'000;
  unique_function<void()> again = [&] {
    if (--left > 0) l.next_tick([&] { again(); });
  };
  l.next_tick([&] { again(); });
  l.set_immediate([&] { EXPECT_EQ(left, 0); });
  l.run();
  EXPECT_EQ(left, 0);
  EXPECT_EQ(reports, 0);
}

TEST_F(queues_with_a_limit, yield_to_io_and_report) {
  std::vector<std::uint32_t> reports;
  l.on_starvation([&](std::uint32_t depth) { reports.push_back(depth); });
  speaking_op op(*this, "io");
  EXPECT_FALSE(l.start(op));
  int ticks = 0;
  unique_function<void()> again = [&] {
    ++ticks;
    if (ticks < 35) l.next_tick([&] { again(); });
  };
  l.next_tick([&] { again(); });
  l.set_immediate([&] { say("immediate at " + std::to_string(ticks)); });
  op.then = [&] { say("io at " + std::to_string(ticks)); };
  io->script = {[&] { io->complete(op, 0); }};
  l.run();
  EXPECT_EQ(ticks, 35);
  EXPECT_THAT(reports, ElementsAre(10u, 10u, 10u));
  // At the limit the next thing is I/O. What is left goes on behind it, for another round.
  EXPECT_THAT(log, ElementsAre("io", "io at 10", "immediate at 20"));
  EXPECT_EQ(io->waits.front(), duration()) << "ticks are waiting: no sleep";
}

TEST_F(queues_with_a_limit, count_microtasks_too) {
  int reports = 0;
  l.on_starvation([&](std::uint32_t) { ++reports; });
  int left = 25;
  unique_function<void()> again = [&] {
    if (--left > 0) l.queue_microtask([&] { again(); });
  };
  l.queue_microtask([&] { again(); });
  l.run();
  EXPECT_EQ(left, 0);
  EXPECT_EQ(reports, 2);
}

TEST_F(queues_with_a_limit, do_not_mind_many_that_are_not_nested) {
  int reports = 0;
  l.on_starvation([&](std::uint32_t) { ++reports; });
  for (int i = 0; i < 1000; ++i) l.next_tick([] {});
  l.run();
  EXPECT_EQ(reports, 0);
}

TEST_F(queues_with_a_limit, hand_on_what_the_hook_throws) {
  l.on_starvation([](std::uint32_t) { throw std::runtime_error("starved"); });
  int left = 15;
  unique_function<void()> again = [&] {
    if (--left > 0) l.next_tick([&] { again(); });
  };
  l.next_tick([&] { again(); });
  EXPECT_THROW(l.run(), std::runtime_error);
  EXPECT_EQ(left, 5);
  l.on_starvation({});
  EXPECT_FALSE(l.run());
  EXPECT_EQ(left, 0);
}

TEST_F(queues_with_a_report, go_on_all_the_same) {
  std::vector<std::uint32_t> reports;
  l.on_starvation([&](std::uint32_t depth) { reports.push_back(depth); });
  int left = 35;
  unique_function<void()> again = [&] {
    if (--left > 0) l.next_tick([&] { again(); });
  };
  l.next_tick([&] { again(); });
  l.set_immediate([&] { EXPECT_EQ(left, 0); });
  l.run();
  EXPECT_THAT(reports, ElementsAre(10u, 20u, 30u));
}

}  // namespace
