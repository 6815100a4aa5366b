// Next ticks and microtasks: in each other, between other callbacks, and without end.
#include "order/program.hpp"

using namespace rondo::order;

ORDER_PROGRAM(ticks_before_microtasks) {
  l.queue_microtask(logs("microtask 1"));
  l.next_tick(logs("tick 1"));
  l.queue_microtask(logs("microtask 2"));
  l.next_tick(logs("tick 2"));
}

ORDER_PROGRAM(ticks_nested) {
  l.next_tick([&l] {
    log("tick 1");
    l.next_tick([&l] {
      log("tick 1.1");
      l.next_tick(logs("tick 1.1.1"));
    });
  });
  l.next_tick(logs("tick 2"));
  l.queue_microtask(logs("microtask"));
}

ORDER_PROGRAM(microtasks_nested) {
  l.queue_microtask([&l] {
    log("microtask 1");
    l.queue_microtask([&l] {
      log("microtask 1.1");
      l.queue_microtask(logs("microtask 1.1.1"));
    });
  });
  l.queue_microtask(logs("microtask 2"));
}

ORDER_PROGRAM(microtask_queues_tick) {
  l.queue_microtask([&l] {
    log("microtask 1");
    l.next_tick(logs("tick of microtask 1"));
    l.queue_microtask(logs("microtask 1.1"));
  });
  l.queue_microtask(logs("microtask 2"));
}

ORDER_PROGRAM(tick_queues_microtask) {
  l.next_tick([&l] {
    log("tick 1");
    l.queue_microtask(logs("microtask of tick 1"));
  });
  l.next_tick(logs("tick 2"));
}

static void ping(rondo::loop& l, int left) {
  log("tick " + std::to_string(left));
  l.queue_microtask([&l, left] {
    log("microtask " + std::to_string(left));
    if (left > 1) l.next_tick([&l, left] { ping(l, left - 1); });
  });
}

ORDER_PROGRAM(tick_microtask_ping_pong) {
  l.next_tick([&l] { ping(l, 4); });
  l.set_immediate(logs("immediate"));
}

/// A chain of `then`: the reaction to a link is queued when the link before it has run.
static void chain(rondo::loop& l, std::string name, int link, int last) {
  l.queue_microtask([&l, name = std::move(name), link, last] {
    log(name + " " + std::to_string(link));
    if (link < last) chain(l, name, link + 1, last);
  });
}

ORDER_PROGRAM(promise_chain) {
  chain(l, "then", 1, 3);
  l.next_tick(logs("tick"));
}

ORDER_PROGRAM(promise_chains_interleaved) {
  chain(l, "a", 1, 3);
  chain(l, "b", 1, 2);
}

ORDER_PROGRAM(await_is_a_microtask) {
  log("f begins");
  l.queue_microtask([&l] {
    log("f goes on");
    l.queue_microtask(logs("f ends"));
  });
  l.queue_microtask(logs("microtask"));
  l.next_tick(logs("tick"));
  log("main ends");
}

ORDER_PROGRAM(ticks_in_timer) {
  l.set_timeout(1ms, [&l] {
    log("timer");
    l.next_tick(logs("tick"));
    l.queue_microtask(logs("microtask"));
    log("timer ends");
  });
}

ORDER_PROGRAM(ticks_between_timers) {
  for (const std::string i : {"1", "2", "3"}) {
    l.set_timeout(5ms, [&l, i] {
      log("timer " + i);
      l.queue_microtask(logs("microtask " + i));
      l.next_tick(logs("tick " + i));
    });
  }
}

ORDER_PROGRAM(ticks_between_immediates) {
  for (const std::string i : {"1", "2", "3"}) {
    l.set_immediate([&l, i] {
      log("immediate " + i);
      l.queue_microtask(logs("microtask " + i));
      l.next_tick(logs("tick " + i));
    });
  }
}

static int left = 1000;

static void tick_again(rondo::loop& l) {
  if (--left > 0) l.next_tick([&l] { tick_again(l); });
}

ORDER_PROGRAM(ticks_starve_a_timer) {
  l.set_timeout(1ms, [] { log("timer with " + std::to_string(left) + " left"); });
  l.next_tick([&l] { tick_again(l); });
}

static void microtask_again(rondo::loop& l) {
  if (--left > 0) l.queue_microtask([&l] { microtask_again(l); });
}

ORDER_PROGRAM(microtasks_starve_an_immediate) {
  l.set_immediate([] { log("immediate with " + std::to_string(left) + " left"); });
  l.queue_microtask([&l] { microtask_again(l); });
}

static bool served = false;

static void immediate_again(rondo::loop& l) {
  if (served) {
    log("served");
  } else {
    l.set_immediate([&l] { immediate_again(l); });
  }
}

ORDER_PROGRAM(immediates_do_not_starve_io) {
  after_io(l, [] { served = true; });
  l.set_immediate([&l] { immediate_again(l); });
}
