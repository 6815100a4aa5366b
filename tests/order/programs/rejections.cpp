// Rejections that nobody has reacted to: when they are reported, and to whom.
#include <rondo/async/promise_combinators.hpp>

#include "order/promises.hpp"

using namespace rondo::order;
using rondo::promise;
using rondo::rejected_promise;

static promise<> reject(rondo::loop& l, const std::string& message) {
  return promise<>::rejected(l, failure(message));
}

static const auto never = [] { log("never"); };

ORDER_PROGRAM(rejection_unhandled_beside_the_rest) {
  log_unhandled(l);
  l.set_immediate(logs("immediate"));
  l.set_timeout(200ms, logs("timer"));
  reject(l, "reason");
  l.next_tick([&l] {
    log("tick");
    promise<>::resolved(l).then(says("then of tick"));
  });
  promise<>::resolved(l).then([&l] {
    log("then");
    l.next_tick(logs("tick of then"));
  });
  log("main ends");
}

ORDER_PROGRAM(rejection_handled_in_time) {
  log_unhandled(l);
  rondo::on_rejection_handled(l, says_anyway("never"));
  const auto p = reject(l, "in a microtask");
  promise<>::resolved(l).then([] {}).then([p] { p.catch_error(logs_message("caught ")); });
  const auto q = reject(l, "in a tick");
  l.next_tick([q] { q.catch_error(logs_message("caught ")); });
}

ORDER_PROGRAM(rejection_handled_late) {
  log_unhandled(l);
  const auto p = reject(l, "reason");
  rondo::on_rejection_handled(l, [p](const rejected_promise& late) {
    log(std::string("handled late: ") + (late == rejected_promise(p) ? "true" : "false"));
  });
  l.set_immediate([&l, p] {
    log("immediate");
    reject(l, "another");
    p.catch_error([&l](const std::exception_ptr& e) {
      log("caught " + message_of(e));
      l.next_tick(logs("tick of catch"));
    });
    l.queue_microtask(logs("microtask"));
  });
  l.set_immediate(logs("immediate 2"));
}

ORDER_PROGRAM(rejection_handled_in_the_hook) {
  const auto one = reject(l, "one");
  const auto two = reject(l, "two");
  rondo::on_unhandled_rejection(l, [&l, one, two](const rejected_promise& p) {
    const std::string message = message_of(p.reason());
    log("unhandled " + message);
    (p == rejected_promise(one) ? one : two).catch_error(says_anyway("caught " + message));
    l.next_tick(logs("tick of " + message));
  });
  rondo::on_rejection_handled(l, says_anyway("handled late"));
}

ORDER_PROGRAM(rejection_hook_rejects_again) {
  rondo::on_unhandled_rejection(l, [&l, rounds = 0](const rejected_promise& p) mutable {
    log("unhandled " + message_of(p.reason()));
    if (++rounds > 3) return;
    reject(l, "round " + std::to_string(rounds));
    l.next_tick(logs("tick of the hook"));
    l.queue_microtask(logs("microtask of the hook"));
  });
  reject(l, "a");
  reject(l, "b");
}

ORDER_PROGRAM(rejection_of_each_link) {
  log_unhandled(l);
  const auto p = reject(l, "root");
  p.then(never);
  p.finally_do(says("finally"));
  p.then(never).then(never);
  rondo::promise_all(p, reject(l, "not the first"));
}

ORDER_PROGRAM(rejection_without_a_hook) {
  log_uncaught(l);
  reject(l, "one");
  promise<>::resolved(l).then([] { throw std::runtime_error("two"); });
  l.next_tick(logs("tick"));
  promise<>::resolved(l).then(says("then"));
}

ORDER_PROGRAM(rejection_between_immediates) {
  rondo::on_unhandled_rejection(l, [&l](const rejected_promise& p) {
    const std::string message = message_of(p.reason());
    log("unhandled " + message);
    l.set_immediate(logs("immediate of " + message));
  });
  for (const std::string i : {"1", "2"}) {
    l.set_immediate([&l, i] {
      log("immediate " + i);
      reject(l, "reason " + i);
      l.next_tick(logs("tick " + i));
    });
  }
}

ORDER_PROGRAM(rejection_in_a_timer) {
  log_unhandled(l);
  l.set_timeout(5ms, [&l] {
    log("timer 1");
    reject(l, "reason");
  });
  l.set_timeout(5ms, logs("timer 2"));
}
