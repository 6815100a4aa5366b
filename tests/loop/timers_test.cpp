#include <algorithm>
#include <map>
#include <random>

#include "loop/fixture.hpp"
#include "support/seed.hpp"

namespace {

using namespace rondo;
using namespace rondo::testing;

class timers : public loop_test {};

TEST_F(timers, run_by_due_time_then_by_making) {
  l.set_timeout(20ms, says("20 a"));
  l.set_timeout(10ms, says("10 a"));
  l.set_timeout(20ms, says("20 b"));
  l.set_timeout(10ms, says("10 b"));
  l.run();
  EXPECT_THAT(log, ElementsAre("10 a", "10 b", "20 a", "20 b"));
}

TEST_F(timers, are_ordered_at_random_as_a_sorted_map_orders_them) {
  std::mt19937_64 random(seed());
  std::multimap<int, int> expected;  // equal keys stay in the order of insertion
  std::vector<std::pair<int, int>> fired;
  std::vector<std::pair<handle_id, std::multimap<int, int>::iterator>> made;
  for (int i = 0; i < 2000; ++i) {
    const int ms = 1 + static_cast<int>(random() % 50);
    const handle_id h = l.set_timeout(std::chrono::milliseconds(ms),
                                      [&fired, ms, i] { fired.emplace_back(ms, i); });
    made.emplace_back(h, expected.emplace(ms, i));
  }
  std::shuffle(made.begin(), made.end(), random);
  for (int i = 0; i < 1000; ++i) {
    const auto& [h, entry] = made[static_cast<std::size_t>(i)];
    l.clear(h);
    expected.erase(entry);
  }
  l.run();
  EXPECT_EQ(fired, (std::vector<std::pair<int, int>>(expected.begin(), expected.end())));
}

TEST_F(timers, never_run_early) {
  const instant begin = l.now();
  for (const int ms : {1, 2, 3, 50}) {
    l.set_timeout(std::chrono::milliseconds(ms), [this, begin, ms] {
      EXPECT_GE(l.now() - begin, duration(std::chrono::milliseconds(ms)));
      say(std::to_string(ms));
    });
  }
  l.run();
  EXPECT_THAT(log, ElementsAre("1", "2", "3", "50"));
}

TEST_F(timers, have_a_least_delay_of_one_millisecond_in_the_face_of_node) {
  const instant begin = l.now();
  l.set_timeout(1ms, says("1"));
  l.set_timeout(0ms, says("0"));
  l.set_timeout(-5ms, says("-5"));
  l.set_timeout(300us, [&] {
    EXPECT_EQ(l.now() - begin, duration(1ms));
    say("0.3");
  });
  l.run();
  EXPECT_THAT(log, ElementsAre("1", "0", "-5", "0.3"));
}

TEST_F(timers, of_call_later_have_none) {
  const instant begin = l.now();
  l.set_timeout(0ms, says("timeout"));
  l.call_later(0ms, [&] {
    EXPECT_EQ(l.now(), begin);
    say("later 0");
  });
  l.call_later(-1h, says("later -1h"));
  l.call_later(300us, says("later 0.3"));
  l.run();
  EXPECT_THAT(log, ElementsAre("later 0", "later -1h", "later 0.3", "timeout"));
}

TEST_F(timers, of_call_at_are_due_at_a_point_in_time) {
  const instant begin = l.now();
  l.call_at(begin + 5ms, [&] {
    EXPECT_EQ(l.now(), begin + 5ms);
    say("5");
  });
  l.call_at(begin + 2ms, says("2"));
  l.call_at(begin - 1h, says("past"));
  l.run();
  EXPECT_THAT(log, ElementsAre("past", "2", "5"));
}

TEST_F(timers, armed_by_timers_wait_for_the_next_turn) {
  l.call_later(0ms, [this] {
    say("first");
    l.call_later(0ms, says("from the first"));
    l.call_at(l.now() - 1h, says("in the past"));
  });
  l.call_later(0ms, says("second"));
  l.set_immediate(says("immediate"));
  l.run();
  EXPECT_THAT(log, ElementsAre("first", "second", "immediate", "from the first", "in the past"));
}

TEST_F(timers, that_come_due_during_the_phase_wait_for_the_next_turn) {
  l.set_timeout(1ms, [this] {
    say("1");
    time.advance(10ms);
    l.set_immediate(says("immediate"));
  });
  l.set_timeout(5ms, says("5"));
  l.run();
  EXPECT_THAT(log, ElementsAre("1", "immediate", "5"));
}

TEST_F(timers, count_from_the_cached_time) {
  l.set_timeout(1ms, [this] {
    const instant before = l.now();
    time.advance(10ms);  // long work
    EXPECT_EQ(l.now(), before);
    l.set_timeout(5ms, says("from the cached time"));
    l.update_time();
    EXPECT_EQ(l.now(), before + 10ms);
    l.set_timeout(1ms, says("from the real time"));
  });
  l.run();
  EXPECT_THAT(log, ElementsAre("from the cached time", "from the real time"));
}

TEST_F(timers, sleep_for_no_longer_than_to_the_next_one_by_the_real_time) {
  l.set_timeout(1ms, [this] { time.advance(3ms); });
  l.set_timeout(10ms, says("10"));
  l.run();
  EXPECT_THAT(io->waits, ElementsAre(duration(1ms), duration(6ms), duration()));
  EXPECT_THAT(log, ElementsAre("10"));
}

TEST_F(timers, cleared_do_not_run_and_can_be_cleared_again) {
  const handle_id a = l.set_timeout(1ms, says("a"));
  const handle_id b = l.set_timeout(1ms, says("b"));
  l.set_timeout(1ms, [&] { l.clear(b); });
  const handle_id c = l.set_timeout(1ms, says("c"));
  l.set_timeout(2ms, [&] { l.clear(c); });
  EXPECT_TRUE(l.is_active(a));
  l.clear(a);
  EXPECT_FALSE(l.is_active(a));
  l.clear(a);
  l.clear(handle_id());
  l.run();
  l.clear(b);
  EXPECT_THAT(log, ElementsAre("b", "c"));
}

TEST_F(timers, can_clear_each_other_in_the_same_phase) {
  handle_id second;
  l.set_timeout(1ms, [&] { l.clear(second); });
  second = l.set_timeout(1ms, says("second"));
  l.run();
  EXPECT_THAT(log, IsEmpty());
}

TEST_F(timers, have_names_that_are_never_used_again) {
  const handle_id old = l.set_timeout(1ms, says("old"));
  l.clear(old);
  const handle_id fresh = l.set_timeout(1ms, says("fresh"));  // in the same memory
  EXPECT_NE(old, fresh);
  l.clear(old);
  l.unref(old);
  l.refresh(old);
  EXPECT_FALSE(l.is_active(old));
  EXPECT_FALSE(l.has_ref(old));
  EXPECT_TRUE(l.is_active(fresh));
  l.run();
  EXPECT_THAT(log, ElementsAre("fresh"));
  l.clear(fresh);
  l.refresh(fresh);  // it ran: gone
  EXPECT_FALSE(l.is_alive());
}

TEST_F(timers, refreshed_begin_anew) {
  const handle_id a = l.set_timeout(10ms, says("a"));
  l.set_timeout(6ms, [&, a] {
    say("6");
    l.refresh(a);
  });
  l.set_timeout(12ms, says("12"));
  l.run();
  EXPECT_THAT(log, ElementsAre("6", "12", "a"));
}

TEST_F(timers, refreshed_without_a_delay_still_wait_for_the_next_turn) {
  int calls = 0;
  handle_id self;
  self = l.call_later(0ms, [&] {
    say("again");
    if (++calls < 3) l.refresh(self);
  });
  l.add_prepare(says("turn"));
  while (calls < 3) l.run(run_mode::nowait);
  EXPECT_THAT(log, ElementsAre("again", "turn", "again", "turn", "again", "turn"));
}

TEST_F(timers, can_refresh_themselves_from_their_own_callback) {
  int calls = 0;
  const instant begin = l.now();
  handle_id self;
  self = l.set_timeout(10ms, [&] {
    EXPECT_FALSE(l.is_active(self));
    EXPECT_TRUE(l.has_ref(self));
    if (++calls == 3) return;
    l.refresh(self);
    EXPECT_TRUE(l.is_active(self));
  });
  l.run();
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(l.now(), begin + 30ms);
  EXPECT_FALSE(l.is_active(self));
}

TEST_F(timers, refreshed_and_then_cleared_in_their_own_callback_are_gone) {
  for (const bool interval : {false, true}) {
    handle_id self;
    callback f = [&] {
      l.refresh(self);
      l.clear(self);
      l.refresh(self);
      EXPECT_FALSE(l.is_active(self));
      say("once");
    };
    self = interval ? l.set_interval(1ms, std::move(f)) : l.set_timeout(1ms, std::move(f));
    l.run();
  }
  EXPECT_THAT(log, ElementsAre("once", "once"));
}

TEST_F(timers, of_an_interval_run_until_they_clear_themselves) {
  int calls = 0;
  const instant begin = l.now();
  handle_id self;
  self = l.set_interval(10ms, [&] {
    if (++calls == 4) l.clear(self);
  });
  l.run();
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(l.now(), begin + 40ms);
}

TEST_F(timers, of_an_interval_do_not_make_up_for_missed_rounds) {
  std::vector<duration> at;
  const instant begin = l.now();
  handle_id self;
  self = l.set_interval(10ms, [&] {
    at.push_back(l.now() - begin);
    if (at.size() == 1) time.advance(35ms);  // a slow callback
    if (at.size() == 3) l.clear(self);
  });
  l.run();
  EXPECT_THAT(at, ElementsAre(duration(10ms), duration(45ms), duration(55ms)));
}

TEST_F(timers, made_in_an_interval_come_before_its_next_round) {
  int calls = 0;
  handle_id self;
  self = l.set_interval(10ms, [&] {
    say("interval");
    if (++calls == 2) l.clear(self);
    if (calls == 1) l.set_timeout(10ms, says("timeout"));
  });
  l.run();
  EXPECT_THAT(log, ElementsAre("interval", "timeout", "interval"));
}

TEST_F(timers, keep_their_callback_when_they_clear_themselves_early) {
  auto big = std::make_shared<int>(7);
  std::weak_ptr<int> watch = big;
  handle_id self;
  self = l.set_interval(1ms, [this, &self, big = std::move(big)] {
    l.clear(self);
    l.set_timeout(5ms, says("another, perhaps in the same memory"));
    EXPECT_EQ(*big, 7);
  });
  l.run();
  EXPECT_TRUE(watch.expired());
  EXPECT_THAT(log, ElementsAre("another, perhaps in the same memory"));
}

TEST_F(timers, can_be_touched_by_the_destructors_of_what_they_hold) {
  struct clearer {
    loop* l;
    handle_id* h;
    ~clearer() {
      l->clear(*h);
      l->set_timeout(1ms, [] {});
    }
  };
  handle_id self;
  self = l.set_timeout(1ms, [guard = std::make_shared<clearer>(&l, &self)] {});
  l.clear(self);
  const handle_id a = l.set_timeout(1ms, says("a"));
  const handle_id b = l.set_timeout(1ms, says("b"));
  EXPECT_NE(a, b);
  l.run();
  EXPECT_THAT(log, ElementsAre("a", "b"));
}

TEST_F(timers, for_ever_never_come) {
  const handle_id h = l.set_timeout(duration::max(), says("never"));
  l.call_at(instant::never(), says("never"));
  l.set_timeout(1ms, [this] { l.stop(); });
  l.run();
  EXPECT_TRUE(l.is_active(h));
  EXPECT_THAT(log, IsEmpty());
}

TEST_F(timers, of_a_million_are_kept_in_order) {
  std::mt19937_64 random(seed());
  instant last = l.now();
  long fired = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    l.set_timeout(std::chrono::milliseconds(1 + random() % 1000), [&] {
      ++fired;
      ASSERT_GE(l.now(), last);
      last = l.now();
    });
  }
  l.run();
  EXPECT_EQ(fired, 1'000'000);
}

}  // namespace
