// Promises, for callbacks without coroutines: chains whose values change their type, failures that
// pass the links by until one catches them, several promises together, and a task that awaits one.
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

#include <rondo/async/promise.hpp>
#include <rondo/async/promise_combinators.hpp>
#include <rondo/async/run.hpp>
#include <rondo/async/unhandled_rejection.hpp>

using namespace std::chrono_literals;
using rondo::promise;

/// What Node would write as `new Promise((resolve) => setTimeout(resolve, delay, value))`.
promise<std::string> after(rondo::loop& loop, rondo::duration delay, std::string value) {
  return promise<std::string>(loop, [&](const auto& resolver) {
    loop.set_timeout(delay, [resolver, value] { resolver.resolve(value); });
  });
}

void chain(rondo::loop& loop) {
  after(loop, 10ms, "forty-two")
      .then([](const std::string& words) { return words.size(); })
      .then([&loop](std::size_t size) {
        std::printf("%zu letters\n", size);
        return after(loop, 10ms, "a promise that a callback returns is followed");
      })
      .then([](const std::string& text) {
        std::puts(text.c_str());
        throw std::runtime_error("a failure");
      })
      .then([] { std::puts("never printed"); })
      .catch_error<std::runtime_error>([](const auto& e) { std::printf("caught %s\n", e.what()); })
      .finally_do([] { std::puts("finally"); });
}

void together(rondo::loop& loop) {
  rondo::promise_all(after(loop, 80ms, "all"), promise<int>::resolved(loop, 3))
      .then([](const auto& both) {
        std::printf("%s %d\n", std::get<0>(both).c_str(), std::get<1>(both));
      });
  rondo::promise_race(after(loop, 60ms, "the hare wins"), after(loop, 120ms, "the tortoise wins"))
      .then([](const std::string& winner) { std::puts(winner.c_str()); });
}

void nobody_listens(rondo::loop& loop) {
  rondo::on_unhandled_rejection(loop, [](const rondo::rejected_promise& p) {
    try {
      std::rethrow_exception(p.reason());
    } catch (const std::exception& e) {
      std::printf("unhandled: %s\n", e.what());
    }
  });
  auto forgotten = promise<int>::with_resolver(loop);
  loop.set_timeout(140ms, [resolver = std::move(forgotten.resolver)] {});  // resolves nothing
  forgotten.promise.then([](int n) { std::printf("never printed %d\n", n); });
}

rondo::task<> amain(rondo::loop& loop) {
  const std::string text = co_await after(loop, 20ms, "a task has awaited a promise");
  std::puts(text.c_str());
}

int main() {
  rondo::simulated_clock clock;
  rondo::loop_options options;
  options.time = &clock;
  rondo::loop loop(std::move(options));
  chain(loop);
  together(loop);
  nobody_listens(loop);
  loop.run();
  rondo::run(loop, amain(loop));
}
