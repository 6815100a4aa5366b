#include "loop/fixture.hpp"

namespace {

using namespace rondo;
using namespace rondo::testing;

class phases : public loop_test {};

TEST_F(phases, come_in_the_order_of_node) {
  speaking_op op(*this, "completion");
  EXPECT_FALSE(l.start(op));
  io->script.resize(2);
  io->script[0] = [&] {
    io->complete(op, 0);
    l.post(says("post"));
  };
  l.call_on_close(says("close"));
  l.add_check(says("check hook"));
  l.set_immediate(says("immediate"));
  l.add_prepare(says("prepare"));
  l.add_idle(says("idle"));
  l.call_soon(says("pending"));
  l.call_later(0ms, says("timer"));
  l.queue_microtask(says("microtask"));
  l.next_tick(says("tick"));
  l.run(run_mode::once);
  EXPECT_THAT(log, ElementsAre("tick", "microtask", "timer", "pending", "idle", "prepare",
                               "completion", "post", "immediate", "check hook", "close"));
}

TEST_F(phases, added_to_by_their_own_callbacks_do_not_grow) {
  const auto twice = [this](auto add, const std::string& what) {
    add([this, add, what] {
      say(what + " 1");
      add([this, what] { say(what + " 2"); });
    });
  };
  twice([this](callback f) { l.call_soon(std::move(f)); }, "pending");
  twice([this](callback f) { l.set_immediate(std::move(f)); }, "immediate");
  twice([this](callback f) { l.call_on_close(std::move(f)); }, "close");
  twice([this](callback f) { l.post(std::move(f)); }, "post");
  l.run();
  EXPECT_THAT(log, ElementsAre("pending 1", "post 1", "immediate 1", "close 1", "pending 2",
                               "post 2", "immediate 2", "close 2"));
}

TEST_F(phases, each_queue_is_first_in_first_out) {
  for (const char* name : {"a", "b", "c"}) {
    l.call_soon(says(name));
    l.set_immediate(says(std::string("immediate ") + name));
    l.call_on_close(says(std::string("close ") + name));
  }
  l.run();
  EXPECT_THAT(log, ElementsAre("a", "b", "c", "immediate a", "immediate b", "immediate c",
                               "close a", "close b", "close c"));
}

TEST_F(phases, immediates_cleared_while_queued_do_not_run) {
  handle_id third;
  const handle_id second = l.set_immediate(says("second"));
  l.set_immediate([&] {
    say("first");
    l.clear(third);
    l.clear(third);
  });
  third = l.set_immediate(says("third"));
  l.clear(second);
  EXPECT_FALSE(l.is_active(second));
  l.run();
  EXPECT_THAT(log, ElementsAre("first"));
}

TEST_F(phases, a_cleared_immediate_lets_go_of_what_it_holds_at_once) {
  auto held = std::make_shared<int>();
  std::weak_ptr<int> watch = held;
  l.clear(l.set_immediate([held = std::move(held)] {}));
  EXPECT_TRUE(watch.expired());
}

TEST_F(phases, an_immediate_is_over_in_its_own_callback) {
  handle_id self;
  self = l.set_immediate([&] {
    EXPECT_FALSE(l.is_active(self));
    l.clear(self);
    l.refresh(self);
    l.set_immediate(says("the next"));
  });
  l.run();
  EXPECT_THAT(log, ElementsAre("the next"));
}

TEST_F(phases, idle_hooks_keep_the_poll_from_waiting_and_others_do_not) {
  l.set_timeout(10ms, [this] { l.stop(); });
  l.add_prepare([] {});
  l.add_check([] {});
  l.run();
  EXPECT_THAT(io->waits, ElementsAre(duration(10ms), duration()));
  const handle_id idle = l.add_idle([] {});
  l.set_timeout(10ms, [this] { l.stop(); });
  l.run(run_mode::once);
  EXPECT_EQ(io->waits.back(), duration());
  l.clear(idle);
  l.run(run_mode::once);
  EXPECT_EQ(io->waits.back(), duration(10ms));
}

TEST_F(phases, hooks_run_in_every_turn_in_the_order_of_their_making) {
  l.add_prepare(says("a"));
  l.add_prepare(says("b"));
  handle_id adder;
  adder = l.add_prepare([&] {
    l.clear(adder);
    l.add_prepare(says("d"));
  });
  l.add_prepare(says("c"));
  for (int i = 0; i < 3; ++i) l.run(run_mode::nowait);
  EXPECT_THAT(log, ElementsAre("a", "b", "c",  // what is added waits for the next turn
                               "a", "b", "c", "d", "a", "b", "c", "d"));
}

TEST_F(phases, hooks_can_remove_themselves_and_others) {
  handle_id a, b, c;
  a = l.add_check([&] {
    say("a");
    l.clear(b);
  });
  b = l.add_check(says("b"));
  c = l.add_check([&] {
    say("c");
    l.clear(a);
    l.clear(c);
    l.clear(c);
  });
  l.run(run_mode::nowait);
  EXPECT_THAT(log, ElementsAre("a", "c"));
  EXPECT_FALSE(l.is_alive());
}

TEST_F(phases, a_hook_keeps_its_callback_while_it_removes_itself) {
  auto held = std::make_shared<int>(7);
  std::weak_ptr<int> watch = held;
  handle_id self;
  self = l.add_idle([this, &self, held = std::move(held)] {
    l.clear(self);
    for (int i = 0; i < 100; ++i) l.clear(l.set_timeout(1ms, [] {}));
    EXPECT_EQ(*held, 7);
  });
  l.run();
  l.set_immediate([] {});
  l.run();
  EXPECT_TRUE(watch.expired());
}

TEST_F(phases, refresh_does_nothing_to_what_is_no_timer) {
  const handle_id immediate = l.set_immediate(says("immediate"));
  const handle_id hook = l.add_check([&] { l.stop(); });
  const handle_id held = l.hold();
  l.refresh(immediate);
  l.refresh(hook);
  l.refresh(held);
  l.clear(held);
  l.run();
  EXPECT_THAT(log, ElementsAre("immediate"));
}

TEST_F(phases, operations_complete_in_the_poll_phase_and_keep_the_loop_alive) {
  speaking_op first(*this, "first"), second(*this, "second");
  EXPECT_FALSE(l.start(first));
  EXPECT_FALSE(l.start(second));
  first.then = [&] { l.set_immediate(says("immediate")); };
  second.then = [&] { EXPECT_EQ(second.result, 4); };
  io->script = {[&] { io->complete(second, 4); }, [&] { io->complete(first, 0); }};
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("second", "first", "immediate"));
  EXPECT_THAT(io->waits, ElementsAre(duration::max(), duration::max()));
}

TEST_F(phases, an_operation_may_be_started_again_by_its_own_completion) {
  speaking_op op(*this, "op");
  int left = 3;
  op.then = [&] {
    EXPECT_EQ(op.at, io::op::stage::idle);
    if (--left > 0) EXPECT_FALSE(l.start(op));
  };
  EXPECT_FALSE(l.start(op));
  io->script.assign(3, [&] { io->complete(op, 0); });
  l.run();
  EXPECT_EQ(left, 0);
}

TEST_F(phases, the_clock_is_read_twice_a_turn) {
  l.run(run_mode::nowait);
  const handle_id idle = l.add_idle([] {});
  l.run(run_mode::nowait);
  const int before = time.reads;
  l.call_soon([] {});
  l.run(run_mode::nowait);
  EXPECT_EQ(time.reads - before, 3) << "one when run begins, two in the turn";
  l.clear(idle);
}

}  // namespace
