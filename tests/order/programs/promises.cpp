// Promises: then, following, finally, in ECMAScript's microtasks.
#include <memory>

#include "order/promises.hpp"

using namespace rondo::order;
using rondo::promise;

ORDER_PROGRAM(promise_then_and_ticks) {
  promise<>::resolved(l)
      .then([&l] {
        log("then");
        l.next_tick(logs("tick of then"));
        l.queue_microtask(logs("microtask of then"));
      })
      .then(says("then of then"));
  l.queue_microtask(logs("microtask"));
  l.next_tick([&l] {
    log("tick");
    promise<>::resolved(l).then(says("then of tick"));
  });
  log("main ends");
}

ORDER_PROGRAM(promise_callback_returns_promise) {
  promise<>::resolved(l)
      .then([&l] {
        log("returns");
        return text_promise::resolved(l, "adopted");
      })
      .then(logs_value());
  count(l, "beside", 6);
}

ORDER_PROGRAM(promise_resolved_with_promise) {
  const auto inner = text_promise::resolved(l, "inner");
  text_promise(l, [&](auto resolver) { resolver.resolve(inner); }).then(logs_value("outer got "));
  inner.then(logs_value("direct "));
  count(l, "beside", 4);
}

ORDER_PROGRAM(promise_resolved_with_pending) {
  auto [inner, settle] = promise<int>::with_resolver(l);
  const promise<int> outer(l, [&inner](auto resolver) { resolver.resolve(inner); });
  outer.then(logs_value("outer "));
  inner.then(logs_value("inner "));
  l.queue_microtask([settle = settle] {
    log("settles");
    settle.resolve(1);
  });
  count(l, "beside", 5);
}

ORDER_PROGRAM(promise_follows_a_rejected_one) {
  promise<>::resolved(l)
      .then([&l] { return promise<>::rejected(l, failure("inner")); })
      .then(says("never"), logs_message("caught "));
  count(l, "beside", 5);
}

ORDER_PROGRAM(promise_follows_two_deep) {
  const text_promise one(
      l, [&l](auto resolver) { resolver.resolve(text_promise::resolved(l, "deep")); });
  const text_promise two(l, [&one](auto resolver) { resolver.resolve(one); });
  two.then(logs_value("two "));
  one.then(logs_value("one "));
  count(l, "beside", 7);
}

ORDER_PROGRAM(promise_finally_ticks) {
  text_promise::resolved(l, "value")
      .finally_do(says("finally"))
      .then(logs_value("after finally: "));
  promise<>::rejected(l, failure("reason"))
      .finally_do(says("finally of rejected"))
      .catch_error(logs_message("after finally: "));
  count(l, "beside", 6);
}

ORDER_PROGRAM(promise_finally_waits) {
  auto [inner, settle] = promise<>::with_resolver(l);
  text_promise::resolved(l, "value")
      .finally_do([inner = inner] {
        log("finally");
        return inner;
      })
      .then(logs_value("after pending: "));
  text_promise::resolved(l, "value")
      .finally_do([&l] { return text_promise::resolved(l, "ignored"); })
      .then(logs_value("after resolved: "));
  promise<>::resolved(l).then([] {}).then([settle = settle] {
    log("settles");
    settle.resolve();
  });
  count(l, "beside", 8);
}

ORDER_PROGRAM(promise_finally_fails) {
  text_promise::resolved(l, "value")
      .finally_do([] { throw std::runtime_error("thrown in finally"); })
      .catch_error(logs_message());
  promise<>::rejected(l, failure("reason"))
      .finally_do([&l] { return promise<>::rejected(l, failure("rejected in finally")); })
      .catch_error(logs_message());
  count(l, "beside", 6);
}

ORDER_PROGRAM(promise_throws_and_catches) {
  promise<int>::resolved(l, 1)
      .then([](int value) {
        log("then " + std::to_string(value));
        throw std::runtime_error("one");
      })
      .then(says("never"))
      .then(says("never"),
            [](const std::exception_ptr& e) {
              log("caught " + message_of(e));
              throw std::runtime_error("two");
            })
      .then([]() -> int { throw std::logic_error("never"); },
            [](const std::exception_ptr& e) {
              log("caught " + message_of(e));
              return 2;
            })
      .catch_error([](const std::exception_ptr&) -> int { throw std::logic_error("never"); })
      .then(logs_value("then "));
  count(l, "beside", 4);
}

ORDER_PROGRAM(promise_second_callback_of_the_same_then) {
  promise<>::resolved(l)
      .then([] { throw std::runtime_error("first callback"); }, says_anyway("never"))
      .catch_error(logs_message("caught behind: "));
  promise<>::rejected(l, failure("reason"))
      .then(says("never"), logs_message("second callback: "))
      .then(says("goes on"));
}

ORDER_PROGRAM(promise_reactions_in_order) {
  auto [p, settle] = promise<int>::with_resolver(l);
  for (const std::string name : {"a", "b", "c"}) {
    p.then([p = p, name](int value) {
       log(name + " " + std::to_string(value));
       p.then(says_anyway("late " + name));
     }).then(says("then of " + name));
  }
  l.queue_microtask(logs("microtask before"));
  settle.resolve(1);
  log("settled");
  l.queue_microtask(logs("microtask behind"));
  p.finally_do(says("added behind"));
}

ORDER_PROGRAM(promise_settles_once) {
  const text_promise p(l, [](auto resolver) {
    log("executor");
    resolver.resolve("first");
    resolver.resolve("second");
    resolver.reject(failure("third"));
    throw std::runtime_error("fourth");
  });
  p.then(logs_value(), says_anyway("never"));
  promise<>(l, [](auto) {
    throw std::runtime_error("thrown by the executor");
  }).catch_error(logs_message());
  text_promise(l, [&l](auto resolver) {
    resolver.resolve(text_promise(
        l, [&l](auto later) { l.queue_microtask([later] { later.resolve("followed"); }); }));
    resolver.reject(failure("ignored"));
  }).then(logs_value(), says_anyway("never"));
  log("main ends");
}

ORDER_PROGRAM(promise_resolved_with_itself) {
  auto [p, settle] = promise<>::with_resolver(l);
  p.catch_error(says_anyway("rejected: a cycle"));
  settle.resolve(p);
  const auto itself = std::make_shared<promise<>>();
  *itself = promise<>::resolved(l).then([itself] { return std::exchange(*itself, promise<>()); });
  itself->catch_error(says_anyway("rejected: a cycle of then"));
  promise<>::resolved(l).then(says("beside"));
}

ORDER_PROGRAM(promise_between_timers) {
  l.set_timeout(5ms, [&l] {
    log("timer 1");
    promise<>::resolved(l).then(says("then 1")).then(says("then of then 1"));
    l.next_tick(logs("tick 1"));
  });
  l.set_timeout(5ms, [&l] {
    log("timer 2");
    promise<>::resolved(l).then(says("then 2"));
  });
}

ORDER_PROGRAM(promise_between_immediates) {
  for (const int i : {1, 2, 3}) {
    l.set_immediate([&l, i] {
      log("immediate " + std::to_string(i));
      promise<int>(l, [&l, i](auto resolver) {
        resolver.resolve(promise<int>::resolved(l, i));
      }).then(logs_value("followed "));
      l.next_tick(logs("tick " + std::to_string(i)));
    });
  }
}
