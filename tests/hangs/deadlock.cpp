// A bank in which two transfers wait for each other: each holds the account that the other wants.
// The rest of the program goes on, so nothing looks broken from outside.
#include <chrono>
#include <cstdio>

#include <rondo/observe/inspect.hpp>
#include <rondo/rondo.hpp>

using namespace std::chrono_literals;

struct account {
  rondo::mutex lock;
  int euros = 100;
};

rondo::task<> transfer(account& from, account& to, int euros) {
  const auto first = co_await from.lock.lock();
  co_await rondo::sleep_for(10ms);  // ask the database
  const auto second = co_await to.lock.lock();
  from.euros -= euros;
  to.euros += euros;
}

rondo::task<> heartbeat() {
  for (;;) {
    co_await rondo::sleep_for(50ms);
    std::puts("alive");
    std::fflush(stdout);
  }
}

rondo::task<> bank() {
  const auto inspector = co_await rondo::observe::inspect();
  account alice, bob;
  auto body = [&](rondo::scope& s) -> rondo::task<> {
    s.spawn("alice to bob", transfer(alice, bob, 10));
    s.spawn("bob to alice", transfer(bob, alice, 20));
    s.spawn("heartbeat", heartbeat());
    co_return;
  };
  co_await rondo::with_scope(body);
}

int main() {
  return rondo::run(bank());
}
