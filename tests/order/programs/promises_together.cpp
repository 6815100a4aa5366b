// Promises beside promises (all, race, any, all settled) and beside tasks, whose await is a
// reaction like any other. A spawned task begins in a microtask, hence Node's `queueMicrotask(async
// ...)`.
#include <memory>

#include <rondo/async/promise_combinators.hpp>
#include <rondo/async/promise_of.hpp>
#include <rondo/async/run.hpp>

#include "order/promises.hpp"

using namespace rondo::order;
using rondo::promise;
using rondo::task;

static std::string joined(const std::vector<int>& values) {
  std::string text;
  for (const int each : values) text += " " + std::to_string(each);
  return text;
}

ORDER_PROGRAM(promise_all_order) {
  using ints = std::vector<promise<int>>;
  auto [pending, settle] = promise<int>::with_resolver(l);
  rondo::promise_all(l, ints{pending, promise<int>::resolved(l, 2), pending})
      .then([](const std::vector<int>& all) { log("all" + joined(all)); });
  rondo::promise_all(promise<int>::resolved(l, 1), promise<int>::resolved(l, 2))
      .then([](const std::tuple<int, int>& both) {
        log("both" + joined({std::get<0>(both), std::get<1>(both)}));
      });
  rondo::promise_all(l, ints{}).then(
      [](const std::vector<int>& all) { log("none " + std::to_string(all.size())); });
  rondo::promise_all(pending, promise<>::rejected(l, failure("one")),
                     promise<>::rejected(l, failure("two")))
      .catch_error(logs_message("failed "));
  l.queue_microtask([&l, settle = settle] {
    l.queue_microtask([settle] {
      log("settles");
      settle.resolve(7);
    });
  });
  count(l, "beside", 5);
}

ORDER_PROGRAM(promise_race_order) {
  auto [pending, settle] = text_promise::with_resolver(l);
  const auto for_ever =
      std::make_shared<rondo::promise_with_resolver<std::string>>(text_promise::with_resolver(l));
  rondo::promise_race(pending, text_promise::resolved(l, "second")).then(logs_value());
  rondo::promise_race(text_promise::rejected(l, failure("lost")), text_promise::resolved(l, "late"))
      .catch_error(logs_message("race "));
  rondo::promise_race(pending, for_ever->promise).then(logs_value("pending "));
  l.unref(l.set_timeout(1h, [for_ever] {}));
  rondo::promise_race(l, std::vector<promise<>>()).then(says("never"));
  settle.resolve("settled");
  count(l, "beside", 4);
}

ORDER_PROGRAM(promise_any_order) {
  const auto logs_all = [](const rondo::failure_group& group) {
    std::string text = "none of";
    for (const auto& each : group.failures()) text += " " + message_of(each);
    log(group.failures().empty() ? "none of 0" : text);
  };
  const auto fails = [&l](const char* message) {
    return text_promise::rejected(l, failure(message));
  };
  auto [pending, settle] = text_promise::with_resolver(l);
  rondo::promise_any(fails("ignored"), pending, text_promise::resolved(l, "third"))
      .then(logs_value("any "));
  rondo::promise_any(fails("one"), fails("two")).catch_error<rondo::failure_group>(logs_all);
  rondo::promise_any(l, std::vector<promise<>>()).catch_error<rondo::failure_group>(logs_all);
  rondo::promise_any(l, std::vector{pending}).then(logs_value("pending "));
  settle.resolve("settled");
  count(l, "beside", 4);
}

ORDER_PROGRAM(promise_all_settled_order) {
  const auto show = [](const std::vector<rondo::settled<std::string>>& all) {
    std::string text;
    for (const auto& each : all) {
      if (!text.empty()) text += " ";
      text += each.has_value() ? each.value() : message_of(each.failure());
    }
    log(text);
  };
  auto [pending, settle] = text_promise::with_resolver(l);
  rondo::promise_all_settled(l, std::vector{pending, text_promise::resolved(l, "two"),
                                            text_promise::rejected(l, failure("three"))})
      .then(show);
  rondo::promise_all_settled(text_promise::resolved(l, "alone"))
      .then([](const std::tuple<rondo::settled<std::string>>& all) {
        log(std::get<0>(all).value());
      });
  rondo::promise_all_settled(l, std::vector<promise<>>()).then([](const auto& all) {
    log("none " + std::to_string(all.size()));
  });
  l.queue_microtask([settle = settle] {
    log("fails");
    settle.reject(failure("one"));
  });
  count(l, "beside", 4);
}

ORDER_PROGRAM(promise_settled_by_timers) {
  const auto after = [&l](rondo::duration delay, std::string value) {
    return text_promise(l, [&](auto resolver) {
      l.set_timeout(delay, [resolver, value] { resolver.resolve(value); });
    });
  };
  rondo::promise_all(after(30ms, "c"), after(1ms, "a"), after(15ms, "b")).then([](const auto& all) {
    log(std::get<0>(all) + std::get<1>(all) + std::get<2>(all));
  });
  rondo::promise_race(after(30ms, "slow"), after(1ms, "fast")).then(logs_value());
  after(20ms, "")
      .then([after](const std::string&) {
        log("20");
        return after(30ms, "");
      })
      .then(says_anyway("50"));
  log("main ends");
}

/// `queueMicrotask(() => { ... })` around tasks: runs `body` in a scope for them, until all have
/// ended.
template <class Body>
static void run_with_tasks(rondo::loop& l, Body body) {
  const auto main = [](Body body) -> task<> {
    co_await rondo::with_scope([&body](rondo::scope& s) -> task<> {
      body(s);
      co_return;
    });
  };
  rondo::run(l, main(std::move(body)));
}

static task<> awaits_resolved(rondo::loop& l) {
  log("task begins");
  const auto one = promise<int>::resolved(l, 1);
  int got = co_await one;
  log("got " + std::to_string(got));
  got = co_await promise<int>::resolved(l, 2);
  log("got " + std::to_string(got));
  try {
    co_await promise<>::rejected(l, failure("three"));
  } catch (const std::exception& e) {
    log(std::string("caught ") + e.what());
  }
  log("task ends");
}

ORDER_PROGRAM(promise_await_of_resolved) {
  run_with_tasks(l, [&l](rondo::scope& s) {
    s.spawn(awaits_resolved(l));
    l.queue_microtask(logs("microtask"));
    count(l, "beside", 5);
  });
}

static task<> waits(std::string name, promise<> p) {
  log(name + " waits");
  co_await p;
  log(name + " goes on");
  co_await p;
  log(name + " ends");
}

ORDER_PROGRAM(promise_await_beside_then) {
  run_with_tasks(l, [&l](rondo::scope& s) {
    auto [p, settle] = promise<>::with_resolver(l);
    p.then(says("then before"));
    s.spawn(waits("a", p));
    s.spawn(waits("b", p));
    l.queue_microtask([p = p, settle = settle] {
      p.then(says("then behind")).then(says("then of then behind"));
      log("settles");
      settle.resolve();
    });
  });
}

static task<int> answer(rondo::loop& l) {
  log("task begins");
  co_await promise<>::resolved(l);
  co_await promise<>::resolved(l);
  log("task ends");
  co_return 42;
}

ORDER_PROGRAM(promise_of_a_task) {
  run_with_tasks(l, [&l](rondo::scope& s) {
    rondo::promise_of(s, answer(l)).then(logs_value("promise "));
    count(l, "beside", 5);
  });
}

static task<> fails(rondo::loop& l) {
  co_await promise<>::resolved(l);
  throw std::runtime_error("task");
}

static task<> catches(rondo::loop& l, promise<> late) {
  co_await promise<>::resolved(l);
  try {
    co_await late;
  } catch (const std::exception& e) {
    log(std::string("caught ") + e.what());
  }
}

ORDER_PROGRAM(promise_rejects_a_task) {
  log_unhandled(l);
  run_with_tasks(l, [&l](rondo::scope& s) {
    rondo::promise_of(s, fails(l)).finally_do(says("finally"));
    s.spawn(catches(l, promise<>::rejected(l, failure("awaited in time"))));
    l.next_tick(logs("tick"));
  });
}
