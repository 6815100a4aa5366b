// The first to end decides, the others are cancelled and awaited; and what a loser had completed
// all the same is not lost: a race for a connection hands the second one back.
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/task/all_settled.hpp>
#include <rondo/task/race.hpp>
#include <rondo/task/when_any.hpp>

using namespace std::chrono_literals;

rondo::task<std::string> ask(const char* name, rondo::duration delay) {
  co_await rondo::sleep_for(delay);
  if (*name == '!') throw std::runtime_error(std::string(name + 1) + " is down");
  co_return std::string("an answer of ") + name;
}

// Has the connection in its hands by the time when it is told to stop.
rondo::task<int> connect(int number, rondo::duration delay) {
  try {
    co_await rondo::sleep_for(delay);
  } catch (const rondo::cancelled&) {
    std::printf("too late to cancel connection %d\n", number);
  }
  co_return number;
}

rondo::task<> amain() {
  auto first = co_await rondo::when_any(ask("berlin", 20ms), rondo::as_task(rondo::sleep_for(1ms)));
  std::printf("when_any: number %zu was first, berlin has %s\n", first.index(),
              first.has<0>() ? "answered" : "been cancelled");

  const std::string fastest = co_await rondo::race(ask("paris", 9ms), ask("rome", 1ms));
  std::printf("race: %s\n", fastest.c_str());

  const std::string good = co_await rondo::first_success(ask("!paris", 1ms), ask("rome", 2ms));
  std::printf("first_success: %s\n", good.c_str());

  auto ends = co_await rondo::all_settled(ask("!paris", 1ms), ask("rome", 2ms));
  std::printf("all_settled: %s, %s\n", std::get<0>(ends).has_failed() ? "failed" : "succeeded",
              std::get<1>(ends).value().c_str());

  const auto give_back = [](int number) { std::printf("connection %d goes back\n", number); };
  const int number = co_await rondo::race(connect(1, 1ms), connect(2, 1h)).leftovers_to(give_back);
  std::printf("connection %d is used\n", number);
}

int main() {
  return rondo::run(amain());
}
