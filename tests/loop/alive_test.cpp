#include "loop/fixture.hpp"

namespace {

using namespace rondo;
using namespace rondo::testing;

class alive : public loop_test {
 protected:
  std::vector<std::string> kinds() {
    std::vector<std::string> found;
    for (const holder& h : l.holders()) found.emplace_back(h.kind);
    EXPECT_EQ(found.empty(), !l.is_alive());
    return found;
  }
};

TEST_F(alive, an_empty_loop_ends_at_once) {
  EXPECT_FALSE(l.is_alive());
  EXPECT_FALSE(l.run());
  EXPECT_FALSE(l.run(run_mode::once));
  EXPECT_FALSE(l.run(run_mode::nowait));
  EXPECT_THAT(io->waits, IsEmpty());
}

TEST_F(alive, what_is_not_referenced_does_not_hold_the_loop) {
  const std::vector<handle_id> all = {l.set_timeout(1ms, says("timeout")),
                                      l.set_interval(1ms, says("interval")),
                                      l.set_immediate(says("immediate")),
                                      l.add_idle(says("idle")),
                                      l.add_prepare(says("prepare")),
                                      l.add_check(says("check")),
                                      l.hold()};
  for (const handle_id h : all) {
    EXPECT_TRUE(l.has_ref(h));
    l.unref(h);
    l.unref(h);
    EXPECT_FALSE(l.has_ref(h));
    EXPECT_TRUE(l.is_active(h));
  }
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, IsEmpty());
  for (const handle_id h : all) {
    l.ref(h);
    l.ref(h);
    EXPECT_TRUE(l.is_alive());
    l.clear(h);
    EXPECT_FALSE(l.has_ref(h));
    EXPECT_FALSE(l.is_alive()) << "each of them once";
  }
}

TEST_F(alive, what_is_not_referenced_runs_while_something_else_holds) {
  l.unref(l.set_timeout(5ms, says("5")));
  l.unref(l.set_timeout(50ms, says("50")));
  l.unref(l.set_immediate(says("immediate")));
  l.set_timeout(10ms, says("10"));
  l.run();
  EXPECT_THAT(log, ElementsAre("immediate", "5", "10"));
}

TEST_F(alive, an_interval_can_let_go_of_the_loop_from_its_callback) {
  handle_id self;
  int calls = 0;
  self = l.set_interval(1ms, [&] {
    if (++calls == 3) l.unref(self);
  });
  EXPECT_FALSE(l.run());
  EXPECT_EQ(calls, 3);
  EXPECT_TRUE(l.is_active(self));
  l.ref(self);
  EXPECT_TRUE(l.is_alive());
  l.clear(self);
  EXPECT_FALSE(l.is_alive());
}

TEST_F(alive, run_once_waits_where_nothing_has_happened_yet) {
  l.set_timeout(10ms, says("10"));
  l.set_timeout(1h, says("1h"));
  EXPECT_TRUE(l.run(run_mode::once));
  EXPECT_THAT(log, ElementsAre("10")) << "what the wait was for needs no second turn";
  EXPECT_THAT(io->waits, ElementsAre(duration(10ms)));
}

TEST_F(alive, run_once_does_not_wait_where_something_has_happened) {
  l.set_timeout(1h, says("1h"));
  l.call_later(0ms, says("timer"));
  EXPECT_TRUE(l.run(run_mode::once));
  l.call_soon(says("pending"));
  EXPECT_TRUE(l.run(run_mode::once));
  l.next_tick(says("tick"));
  EXPECT_TRUE(l.run(run_mode::once));
  l.set_immediate(says("immediate"));
  EXPECT_TRUE(l.run(run_mode::once));
  l.call_on_close(says("close"));
  EXPECT_TRUE(l.run(run_mode::once));
  EXPECT_THAT(log, ElementsAre("timer", "pending", "tick", "immediate", "close"));
  EXPECT_EQ(io->waits, std::vector<duration>(5));
}

TEST_F(alive, run_nowait_never_waits) {
  l.set_timeout(10ms, says("10"));
  EXPECT_TRUE(l.run(run_mode::nowait));
  EXPECT_THAT(log, IsEmpty());
  time.advance(10ms);
  EXPECT_FALSE(l.run(run_mode::nowait));
  EXPECT_THAT(log, ElementsAre("10"));
  EXPECT_EQ(io->waits, std::vector<duration>(2));
}

TEST_F(alive, stop_ends_the_turn_without_waiting) {
  l.set_timeout(1h, says("1h"));
  l.call_later(0ms, [this] {
    EXPECT_TRUE(l.is_running());
    l.stop();
  });
  l.set_immediate(says("the rest of the turn"));
  EXPECT_TRUE(l.run());
  EXPECT_FALSE(l.is_running());
  EXPECT_THAT(log, ElementsAre("the rest of the turn"));
  EXPECT_THAT(io->waits, ElementsAre(duration()));
}

TEST_F(alive, stop_before_run_holds_for_one_run) {
  l.set_immediate(says("immediate"));
  l.stop();
  EXPECT_TRUE(l.run());
  EXPECT_THAT(log, IsEmpty());
  EXPECT_FALSE(l.run());
  EXPECT_THAT(log, ElementsAre("immediate"));
}

TEST_F(alive, an_unreferenced_operation_does_not_hold_the_loop) {
  speaking_op op(*this, "op");
  op.unreferenced = true;
  EXPECT_FALSE(l.start(op));
  EXPECT_THAT(kinds(), IsEmpty());
  EXPECT_FALSE(l.run());
  l.set_timeout(5ms, [] {});
  io->script = {[&] { io->complete(op, 0); }};
  l.run();
  EXPECT_THAT(log, ElementsAre("op"));
}

TEST_F(alive, a_descriptor_that_the_kernel_still_holds_holds_the_loop) {
  io->still_closing = 1;
  EXPECT_THAT(kinds(), ElementsAre("closing descriptors"));
  io->script = {[this] { io->still_closing = 0; }};
  EXPECT_FALSE(l.run());
}

TEST_F(alive, timers_of_the_rooms_above_hold_until_they_run_or_are_disarmed) {
  struct own_timer : timer {
    int calls = 0;
  } a, b;
  a.run = b.run = [](job& j) { ++static_cast<own_timer&>(j).calls; };
  l.arm(a, l.now() + 10ms);
  l.arm(b, l.now() - 1h);
  EXPECT_THAT(kinds(), ElementsAre("timer of a task", "timer of a task"));
  l.disarm(a);
  l.disarm(a);
  l.run();
  EXPECT_EQ(a.calls, 0);
  EXPECT_EQ(b.calls, 1);
  EXPECT_FALSE(l.is_alive());
}

TEST_F(alive, a_timer_above_that_arms_itself_in_the_past_starves_nobody) {
  struct greedy_timer : timer {
    loop* l = nullptr;
    int calls = 0;
  } greedy;
  greedy.l = &l;
  greedy.run = [](job& j) {
    auto& self = static_cast<greedy_timer&>(j);
    ++self.calls;
    if (self.calls < 100) self.l->arm(self, instant());
  };
  l.arm(greedy, instant());
  l.call_later(0ms, [&] { EXPECT_EQ(greedy.calls, 1); });
  l.set_immediate([&] { EXPECT_EQ(greedy.calls, 1); });
  l.run();
  EXPECT_EQ(greedy.calls, 100);
}

TEST_F(alive, holders_say_what_where_and_since_when) {
  time.advance(5ms);
  l.update_time();
  const instant begin = l.now();
  const unsigned line = __LINE__ + 1;
  const handle_id h = l.set_interval(1h, [] {});
  const std::vector<holder> found = l.holders();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_STREQ(found[0].kind, "interval");
  EXPECT_EQ(found[0].where.line(), line);
  EXPECT_THAT(found[0].where.file_name(), ::testing::EndsWith("alive_test.cpp"));
  EXPECT_EQ(found[0].since, begin);
  EXPECT_EQ(found[0].fd, -1);
  l.unref(h);
  EXPECT_THAT(kinds(), IsEmpty());
}

TEST_F(alive, holders_name_every_kind) {
  using ::testing::UnorderedElementsAre;
  speaking_op op(*this, "op");
  op.kind = io::op_kind::accept;
  op.fd = 42;
  op.where = std::source_location::current();
  EXPECT_FALSE(l.start(op));
  const std::vector<handle_id> all = {l.set_timeout(1h, [] {}), l.set_immediate([] {}),
                                      l.add_idle([] {}),        l.add_prepare([] {}),
                                      l.add_check([] {}),       l.hold()};
  l.call_soon([] {});
  l.call_on_close([] {});
  l.next_tick([] {});
  l.queue_microtask([] {});
  l.post([] {});
  EXPECT_THAT(kinds(),
              UnorderedElementsAre("timeout", "immediate", "idle hook", "prepare hook",
                                   "check hook", "hold", "accept", "pending callbacks",
                                   "close callbacks", "next ticks", "microtasks", "posts"));
  for (const holder& h : l.holders()) {
    if (std::string(h.kind) != "accept") continue;
    EXPECT_EQ(h.fd, 42);
    EXPECT_EQ(h.where.line(), op.where.line());
    EXPECT_EQ(h.since, l.now());
  }
  for (const handle_id h : all) l.clear(h);
  l.cancel(op);
  EXPECT_FALSE(l.run());
  EXPECT_THAT(kinds(), IsEmpty());
}

TEST_F(alive, destroying_a_full_loop_leaks_nothing) {
  auto held = std::make_shared<int>();
  const std::weak_ptr<int> watch = held;
  loop_options options;
  options.backend = make_owned<scripted_backend>();
  {
    loop other(std::move(options));
    const auto hold = [&held] { return [kept = held] {}; };
    other.set_timeout(1ms, hold());
    other.set_interval(1ms, hold());
    other.set_immediate(hold());
    other.add_idle(hold());
    other.add_prepare(hold());
    other.add_check(hold());
    other.call_soon(hold());
    other.call_on_close(hold());
    other.next_tick(hold());
    other.queue_microtask(hold());
    other.post(hold());
    other.on_uncaught([kept = held](std::exception_ptr) {});
    other.on_starvation([kept = held](std::uint32_t) {});
    other.hold();
    held.reset();
    EXPECT_FALSE(watch.expired());
  }
  EXPECT_TRUE(watch.expired());
}

TEST_F(alive, destroying_a_loop_lets_destructors_use_it) {
  struct busy {
    loop* l;
    handle_id other;
    ~busy() {
      l->clear(other);
      l->next_tick([kept = std::make_shared<int>()] {});
      l->post([kept = std::make_shared<int>()] {});
      l->set_timeout(1ms, [kept = std::make_shared<int>()] {});
    }
  };
  loop_options options;
  options.backend = make_owned<scripted_backend>();
  loop other(std::move(options));
  for (int i = 0; i < 100; ++i) {
    const handle_id h = other.set_immediate([] {});
    const auto guard = std::make_shared<busy>(&other, h);
    other.set_timeout(1ms, [guard] {});
    other.call_on_close([guard] {});
    other.post([guard] {});
  }
  EXPECT_TRUE(other.is_alive());
}

}  // namespace
