// Timers: their order, clearing, refreshing, and whether they keep the loop alive.
#include "order/program.hpp"

using namespace rondo::order;
using rondo::handle_id;

// One program runs in a process, so what its callbacks share is static.
static handle_id timer;
static int rounds = 0;

static std::string round_name() {
  return "round " + std::to_string(rounds);
}

ORDER_PROGRAM(timers_by_due_time) {
  l.set_timeout(60ms, logs("60"));
  l.set_timeout(20ms, logs("20"));
  l.set_timeout(40ms, logs("40"));
}

ORDER_PROGRAM(timers_by_making) {
  for (const char* name : {"a", "b", "c", "d"}) l.set_timeout(5ms, logs(name));
}

ORDER_PROGRAM(timer_least_delay) {
  l.set_timeout(1ms, logs("1"));
  l.set_timeout(0ms, logs("0"));
  l.set_timeout(-1ms, logs("-1"));
  l.set_timeout({}, logs("none"));
}

ORDER_PROGRAM(timer_cleared) {
  const handle_id a = l.set_timeout(1ms, logs("a"));
  l.set_timeout(1ms, logs("b"));
  l.clear(a);
  l.clear(a);
  l.clear({});
}

ORDER_PROGRAM(timer_clears_its_sibling) {
  l.set_timeout(5ms, [&l] {
    log("first");
    l.clear(timer);
  });
  timer = l.set_timeout(5ms, logs("second"));
  l.set_timeout(5ms, logs("third"));
}

ORDER_PROGRAM(timer_nested) {
  l.set_timeout(1ms, [&l] {
    log("outer");
    l.set_timeout(20ms, logs("inner"));
  });
  l.set_timeout(5ms, logs("beside"));
}

ORDER_PROGRAM(interval_clears_itself) {
  timer = l.set_interval(2ms, [&l] {
    ++rounds;
    log(round_name());
    if (rounds == 3) l.clear(timer);
  });
}

ORDER_PROGRAM(interval_cleared_by_a_timer) {
  timer = l.set_interval(1s, logs("never"));
  l.set_timeout(5ms, [&l] {
    l.clear(timer);
    log("cleared");
  });
}

ORDER_PROGRAM(interval_with_ticks) {
  timer = l.set_interval(2ms, [&l] {
    ++rounds;
    log(round_name());
    l.next_tick(logs("tick " + std::to_string(rounds)));
    if (rounds == 2) l.clear(timer);
  });
}

ORDER_PROGRAM(timer_refreshed) {
  timer = l.set_timeout(60ms, logs("refreshed"));
  l.set_timeout(30ms, [&l] {
    log("30");
    l.refresh(timer);
  });
  l.set_timeout(70ms, logs("70"));
}

ORDER_PROGRAM(timer_refreshes_itself) {
  timer = l.set_timeout(2ms, [&l] {
    ++rounds;
    log(round_name());
    if (rounds < 3) l.refresh(timer);
  });
}

ORDER_PROGRAM(unref_alone) {
  l.unref(l.set_timeout(20ms, logs("never")));
  log("main ends");
}

ORDER_PROGRAM(unref_beside_ref) {
  l.unref(l.set_timeout(5ms, logs("unref 5")));
  l.unref(l.set_timeout(5s, logs("never")));
  l.set_timeout(40ms, logs("ref 40"));
}

ORDER_PROGRAM(unref_and_ref_again) {
  timer = l.set_timeout(5ms, logs("runs"));
  l.unref(timer);
  l.ref(timer);
}

ORDER_PROGRAM(has_ref) {
  const auto ask = [&l] { log(l.has_ref(timer) ? "true" : "false"); };
  timer = l.set_timeout(5ms, [] {});
  ask();
  l.unref(timer);
  ask();
  l.ref(timer);
  ask();
}

ORDER_PROGRAM(unref_interval_from_its_callback) {
  timer = l.set_interval(2ms, [&l] {
    ++rounds;
    log(round_name());
    if (rounds == 2) l.unref(timer);
  });
}

ORDER_PROGRAM(ends_by_itself) {
  l.set_timeout(1ms, [&l] { l.set_immediate([&l] { l.next_tick(logs("the last")); }); });
  log("main ends");
}
