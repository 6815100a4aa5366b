// How late the loop is, with stalls whose length the test decides; no test waits for real.
#include <rondo/loop/loop_delay.hpp>

#include "loop/fixture.hpp"

namespace rondo::testing {
namespace {

class loop_delay_test : public loop_test {
 protected:
  /// A callback that holds the loop for `span` at `after`.
  void stall(duration after, duration span) {
    l.call_later(after, [this, span] { time.advance(span); });
  }
};

TEST_F(loop_delay_test, IsNothingWhereNobodyHoldsTheLoop) {
  loop_delay delay(l, 10ms);
  EXPECT_TRUE(delay.enable());
  l.call_later(1s, [] {});
  l.run();
  EXPECT_EQ(delay.delays().count(), 100U);
  EXPECT_EQ(delay.delays().max(), 0ms);
}

TEST_F(loop_delay_test, FindsEachStallAgain) {
  loop_delay delay(l, 10ms);
  delay.enable();
  stall(103ms, 200ms);  // the timer is due at 110 ms, and called at 303 ms
  stall(603ms, 50ms);   // due at 603, that is at once behind: it is called at 653 ms
  l.call_later(1s, [] {});
  l.run();
  EXPECT_EQ(delay.delays().max(), 193ms);
  EXPECT_EQ(delay.delays().count_between(15ms, 1s), 2U);
  EXPECT_EQ(delay.delays().percentile(50), 0ms);
}

TEST_F(loop_delay_test, DoesNotKeepTheLoopAlive) {
  loop_delay delay(l);
  delay.enable();
  EXPECT_FALSE(l.run());
  EXPECT_THAT(io->waits, IsEmpty());
}

TEST_F(loop_delay_test, IsEnabledAndDisabledOnce) {
  loop_delay delay(l, 1ms);
  EXPECT_FALSE(delay.disable());
  EXPECT_TRUE(delay.enable());
  EXPECT_FALSE(delay.enable());
  stall(5ms, 5ms);
  l.call_later(20ms, [&] {
    EXPECT_TRUE(delay.disable());
    EXPECT_FALSE(delay.disable());
  });
  stall(30ms, 500ms);
  l.run();
  EXPECT_EQ(delay.delays().max(), 5ms);  // due with the stall, and behind it
  delay.reset();
  EXPECT_EQ(delay.delays().count(), 0U);
  EXPECT_TRUE(delay.enable());
  stall(2ms, 50ms);
  l.call_later(60ms, [] {});
  l.run();
  EXPECT_GE(delay.delays().max(), 49ms);
}

TEST_F(loop_delay_test, LeavesTheLoopWhenItDies) {
  {
    loop_delay delay(l, 5ms);
    delay.enable();
  }
  l.call_later(50ms, [] {});
  l.run();
  EXPECT_EQ(io->waits.front(), duration(50ms));
}

TEST_F(loop_delay_test, MeasuresWhereTheTimeGoes) {
  using probe::turn_phase;
  EXPECT_EQ(l.metrics().turns, 0U);
  l.call_later(10ms, [this] {  // not measured yet
    time.advance(7ms);
    l.measure(true);
  });
  l.call_later(100ms, [this] {
    time.advance(20ms);
    l.next_tick([this] { time.advance(3ms); });
    l.queue_microtask([this] { time.advance(4ms); });
    l.set_immediate([this] { time.advance(5ms); });
    l.call_soon([this] { time.advance(6ms); });
    l.call_on_close([this] { time.advance(2ms); });
  });
  const handle_id held = l.hold();
  io->script.resize(4);
  l.call_later(190ms, [&] {
    l.post([&] {
      time.advance(8ms);
      l.clear(held);
    });
  });
  l.run();
  const loop_metrics m = l.metrics();
  EXPECT_EQ(m.time_in(turn_phase::timers), 20ms);
  EXPECT_EQ(m.time_in(turn_phase::next_ticks), 3ms);
  EXPECT_EQ(m.time_in(turn_phase::microtasks), 4ms);
  EXPECT_EQ(m.time_in(turn_phase::check), 5ms);
  EXPECT_EQ(m.time_in(turn_phase::pending), 6ms);
  EXPECT_EQ(m.time_in(turn_phase::close), 2ms);
  EXPECT_EQ(m.time_in(turn_phase::poll), 8ms);
  EXPECT_EQ(m.calls_in(turn_phase::timers), 2U);
  EXPECT_EQ(m.calls_in(turn_phase::poll), 1U);
  EXPECT_EQ(m.active, 48ms);
  EXPECT_EQ(m.idle, (190ms - 17ms) - 40ms);
  EXPECT_NEAR(m.utilization(), 48.0 / 181.0, 1e-9);
  EXPECT_GT(m.turns, 0U);
}

TEST_F(loop_delay_test, TellsTwoStretchesApart) {
  l.measure(true);
  loop_metrics before;
  l.call_later(100ms, [&] {
    time.advance(300ms);
    l.set_immediate([&] { before = l.metrics(); });
  });
  l.call_later(500ms, [this] { time.advance(100ms); });
  l.run();
  const loop_metrics later = l.metrics().since(before);
  EXPECT_EQ(before.active, 300ms);
  EXPECT_EQ(later.active, 100ms);
  EXPECT_EQ(later.idle, 100ms);
  EXPECT_NEAR(later.utilization(), 0.5, 1e-9);
  l.measure(true);  // by somebody else, for a while
  l.measure(false);
  EXPECT_EQ(l.metrics().active, 400ms);
  l.measure(false);
  EXPECT_EQ(l.metrics().turns, 0U);
  l.measure(false);  // one too many
  l.measure(true);
  EXPECT_EQ(l.metrics().active, rondo::duration());
}

}  // namespace
}  // namespace rondo::testing
