// What callbacks throw, where a hook takes it.
#include <stdexcept>

#include "order/program.hpp"

using namespace rondo::order;

static rondo::callback throws(std::string what) {
  return [what = std::move(what)] { throw std::runtime_error(what); };
}

ORDER_PROGRAM(uncaught_in_timer) {
  log_uncaught(l);
  l.set_timeout(5ms, [&l] {
    l.next_tick(logs("tick of the one that throws"));
    throw std::runtime_error("timer");
  });
  l.set_timeout(5ms, logs("next timer"));
}

ORDER_PROGRAM(uncaught_in_tick) {
  log_uncaught(l);
  l.set_timeout(5ms, [&l] {
    l.next_tick(throws("tick"));
    l.next_tick(logs("next tick"));
    l.queue_microtask(logs("microtask"));
  });
  l.set_timeout(60ms, logs("much later"));
}

ORDER_PROGRAM(uncaught_in_microtask) {
  log_uncaught(l);
  l.set_timeout(5ms, [&l] {
    l.queue_microtask(throws("microtask"));
    l.queue_microtask(logs("next microtask"));
    l.next_tick(logs("tick"));
  });
}

ORDER_PROGRAM(uncaught_in_immediate) {
  log_uncaught(l);
  l.set_immediate(throws("immediate"));
  l.set_immediate(logs("next immediate"));
}

static rondo::handle_id timer;
static int rounds = 0;

ORDER_PROGRAM(uncaught_in_interval) {
  log_uncaught(l);
  timer = l.set_interval(2ms, [&l] {
    if (++rounds == 3) l.clear(timer);
    throw std::runtime_error("round " + std::to_string(rounds));
  });
}

ORDER_PROGRAM(uncaught_in_io) {
  log_uncaught(l, [&l] { l.next_tick(logs("tick of the hook")); });
  after_io(l, [&l] {
    l.set_immediate(logs("immediate"));
    throw std::runtime_error("io");
  });
}

ORDER_PROGRAM(uncaught_in_close) {
  log_uncaught(l);
  after_io(l, [&l] {
    l.call_on_close(throws("close"));
    l.set_timeout(20ms, logs("the loop goes on"));
  });
}
