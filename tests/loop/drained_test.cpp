// What rooms above are given by a loop that does not know them: a turn once both queues are empty,
// a place for what they keep, and the way of an exception that they have caught themselves.
#include <stdexcept>

#include "loop/fixture.hpp"

namespace {

using namespace rondo;
using namespace rondo::testing;

class drained : public loop_test {
 protected:
  drained() = default;
  explicit drained(loop_options options) : loop_test(std::move(options)) {}

  struct speaking_job : job {
    speaking_job(drained& t, std::string n, callback f = {})
        : job([](job& j) {
            auto& self = static_cast<speaking_job&>(j);
            self.test->say(self.name);
            if (self.then) self.then();
          }),
          test(&t),
          name(std::move(n)),
          then(std::move(f)) {}
    drained* test;
    std::string name;
    callback then;
  };
};

loop_options after_each_phase() {
  loop_options options;
  options.drain_queues = drain::after_each_phase;
  return options;
}
class drained_after_each_phase : public drained {
 protected:
  drained_after_each_phase() : drained(after_each_phase()) {}
};

loop_options with_a_limit() {
  loop_options options;
  options.tick_depth_limit = 3;
  return options;
}
class drained_with_a_limit : public drained {
 protected:
  drained_with_a_limit() : drained(with_a_limit()) {}
};

TEST_F(drained, comes_behind_all_ticks_and_microtasks_and_before_the_next_callback) {
  speaking_job last(*this, "drained");
  l.call_later(0ms, [&] {
    l.schedule_when_drained(last);
    l.queue_microtask([&] {
      say("microtask");
      l.next_tick(says("tick of the microtask"));
    });
    l.next_tick(says("tick"));
  });
  l.call_later(0ms, says("next timer"));
  l.run();
  EXPECT_THAT(log,
              ElementsAre("tick", "microtask", "tick of the microtask", "drained", "next timer"));
}

TEST_F(drained, comes_also_where_nothing_else_is_queued) {
  speaking_job last(*this, "drained");
  l.call_later(0ms, [&] { l.schedule_when_drained(last); });
  l.call_later(0ms, says("next timer"));
  l.run();
  EXPECT_THAT(log, ElementsAre("drained", "next timer"));
}

TEST_F(drained, keeps_an_idle_loop_alive) {
  speaking_job last(*this, "drained");
  l.schedule_when_drained(last);
  EXPECT_TRUE(l.is_alive());
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("drained"));
}

TEST_F(drained, is_followed_by_both_queues_before_whoever_it_schedules) {
  speaking_job second(*this, "second");
  speaking_job first(*this, "first", [&] {
    l.schedule_when_drained(second);
    l.queue_microtask(says("microtask"));
    l.next_tick(says("tick"));
  });
  speaking_job beside(*this, "beside");
  l.schedule_when_drained(first);
  l.schedule_when_drained(beside);
  l.run();
  EXPECT_THAT(log, ElementsAre("first", "beside", "tick", "microtask", "second"));
}

TEST_F(drained, waits_for_the_next_run_after_a_failure) {
  speaking_job last(*this, "drained");
  l.queue_microtask([&] {
    l.schedule_when_drained(last);
    throw std::runtime_error("microtask");
  });
  EXPECT_THROW(l.run(), std::runtime_error);
  EXPECT_THAT(log, IsEmpty());
  EXPECT_TRUE(l.is_alive());
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("drained"));
}

TEST_F(drained, leaves_those_behind_a_failing_one_for_the_next_run) {
  speaking_job first(*this, "first", [] { throw std::runtime_error("first"); });
  speaking_job second(*this, "second");
  l.schedule_when_drained(first);
  l.schedule_when_drained(second);
  EXPECT_THROW(l.run(), std::runtime_error);
  EXPECT_THAT(log, ElementsAre("first"));
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("first", "second"));
}

TEST_F(drained_after_each_phase, comes_at_the_end_of_the_phase) {
  speaking_job last(*this, "drained");
  l.call_later(0ms, [&] { l.schedule_when_drained(last); });
  l.call_later(0ms, says("next timer"));
  l.call_soon(says("pending"));
  l.run();
  EXPECT_THAT(log, ElementsAre("next timer", "drained", "pending"));
}

TEST_F(drained_with_a_limit, waits_until_ticks_that_reach_the_limit_have_ended) {
  speaking_job last(*this, "drained");
  int left = 5;
  unique_function<void()> again = [&] {
    if (--left > 0) l.next_tick([&] { again(); });
  };
  l.schedule_when_drained(last);
  l.next_tick([&] { again(); });
  l.set_immediate(says("immediate"));
  l.run();
  EXPECT_EQ(left, 0);
  EXPECT_THAT(log, ElementsAre("drained", "immediate"));
}

TEST_F(drained, a_reported_exception_goes_the_way_of_a_thrown_one) {
  l.on_uncaught([&](const std::exception_ptr&) { say("hook"); });
  l.queue_microtask([&] {
    EXPECT_TRUE(l.report_uncaught(std::make_exception_ptr(1)));
    say("microtask goes on");
    l.on_uncaught({});
    EXPECT_FALSE(l.report_uncaught(std::make_exception_ptr(2)));
  });
  l.queue_microtask(says("next run"));
  EXPECT_THROW(l.run(), int);
  EXPECT_THAT(log, ElementsAre("hook", "microtask goes on"));
  l.run();
  EXPECT_THAT(log, ElementsAre("hook", "microtask goes on", "next run"));
}

struct keeper final : loop_companion {
  keeper(const void* key, std::vector<std::string>& lines) : loop_companion(key), log(&lines) {}
  bool discard(job& j) noexcept override {
    if (j.run != mine) return false;
    log->push_back("discard");
    return true;
  }
  void loop_ends() noexcept override { log->push_back("end"); }
  std::vector<std::string>* log;
  job::run_function mine = nullptr;
};

TEST(loop_companion, is_found_by_its_key_and_gets_its_jobs_back_at_the_end) {
  std::vector<std::string> log;
  const char keys[3] = {};
  keeper first(&keys[0], log);
  keeper second(&keys[1], log);
  job own([](job&) { FAIL() << "run"; });
  job other([](job&) { FAIL() << "run, too"; });
  second.mine = own.run;
  {
    loop l;
    l.add_companion(first);
    l.add_companion(second);
    EXPECT_EQ(l.find_companion(&keys[0]), &first);
    EXPECT_EQ(l.find_companion(&keys[1]), &second);
    EXPECT_EQ(l.find_companion(&keys[2]), nullptr);
    l.schedule(own);
    l.schedule(other);
  }
  EXPECT_EQ(log, (std::vector<std::string>{"discard", "end", "end"}));
}

}  // namespace
