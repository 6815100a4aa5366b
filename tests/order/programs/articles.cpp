// Every example of the articles that prints something.
#include <thread>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/task/when_all.hpp>

#include "order/program.hpp"

using namespace rondo::order;

ORDER_PROGRAM(article_overview) {
  log("1 sync");
  l.set_timeout(0ms, logs("2 setTimeout"));
  l.set_immediate(logs("3 setImmediate"));
  l.queue_microtask(logs("4 promise"));
  l.next_tick(logs("5 nextTick"));
  log("6 sync ends");
}

ORDER_PROGRAM(article_start_end) {
  log("Start");
  l.set_timeout(0ms, logs("Timeout callback"));
  l.set_immediate(logs("Immediate callback"));
  l.next_tick(logs("Next tick callback"));
  log("End");
}

ORDER_PROGRAM(article_zero_is_not_at_once) {
  log("start");
  l.set_timeout(0ms, logs("timeout"));
  log("end");
}

ORDER_PROGRAM(article_promise_is_faster) {
  l.set_timeout(0ms, logs("1"));
  l.queue_microtask(logs("2"));
}

ORDER_PROGRAM(article_read_file) {
  log("Reading file...");
  after_io(l, logs("File content"));
  log("Continuing execution...");
}

ORDER_PROGRAM(article_five_immediates) {
  for (int i = 1; i <= 5; ++i) {
    l.set_immediate([&l, i] {
      log("immediate " + std::to_string(i));
      if (i == 2 || i == 4) l.next_tick(logs("tick of " + std::to_string(i)));
    });
  }
}

ORDER_PROGRAM(article_unref_interval) {
  l.unref(l.set_interval(1s, logs("tick")));
  log("ends at once");
}

static rondo::loop_options simulated(rondo::simulated_clock& time) {
  rondo::loop_options options;
  options.time = &time;
  return options;
}

static rondo::task<> say_after(rondo::duration delay, std::string what) {
  co_await rondo::sleep_for(delay);
  log(what);
}

ORDER_PROGRAM(article_say_after) {
  rondo::simulated_clock time;
  const auto amain = []() -> rondo::task<> {
    log("started");
    co_await rondo::when_all(say_after(1s, "Hello"), say_after(2s, "World"));
    log("finished");
  };
  rondo::run(amain(), simulated(time));
  if (time.now() != rondo::instant() + 2s) log("it took another time than 2 s");
}

static rondo::task<> example_task(rondo::simulated_clock& time, std::string name,
                                  rondo::duration delay) {
  const auto at = [&time] { return std::to_string(time.now().count_ns() / 1'000'000'000); };
  log(name + " started at " + at());
  co_await rondo::sleep_for(delay);
  log(name + " resumed at " + at());
}

ORDER_PROGRAM(article_two_tasks) {
  rondo::simulated_clock time;
  const auto amain = [&time]() -> rondo::task<> {
    co_await rondo::when_all(example_task(time, "Task1", 2s), example_task(time, "Task2", 1s));
  };
  rondo::run(amain(), simulated(time));
}

static int fibonacci(int n) {
  return n <= 1 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

ORDER_PROGRAM(article_worker) {
  const rondo::handle_id held = l.hold();
  static std::jthread worker;
  worker = std::jthread([&l, held] {
    l.post([&l, held, result = fibonacci(20)] {
      log("Fibonacci result: " + std::to_string(result));
      worker.join();  // before the loop goes
      l.clear(held);
    });
  });
  log("Main thread continues execution");
}
