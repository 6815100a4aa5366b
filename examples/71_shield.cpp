// A shield: the few steps that must not be left half done though the work around them is cancelled.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/shield.hpp>

using namespace std::chrono_literals;

rondo::task<> commit() {
  std::puts("commit: begun");
  co_await rondo::sleep_for(10ms);
  std::puts("commit: done");
}

rondo::task<> transaction() {
  co_await rondo::shield(rondo::with_timeout(1s, commit()));  // a limit of its own, which holds
  std::puts("behind the shield");
  co_await rondo::sleep_for(1h);  // here the cancel is met
  std::puts("never printed");
}

rondo::task<> amain() {
  co_await rondo::with_scope([](rondo::scope& s) -> rondo::task<> {
    s.spawn("transaction", transaction());
    co_await rondo::sleep_for(1ms);
    std::puts("cancel");
    s.cancel("shutting down");
  });
  std::puts("the scope has been left");
}

int main() {
  return rondo::run(amain());
}
