// One line, anywhere in a program, and every task can be seen: here by the program itself, and from
// a terminal by `rondo ps PID`, `rondo tree PID`, `rondo why PID` and `rondo top PID`.
#include <chrono>
#include <cstdio>
#include <utility>

#include <rondo/observe/text.hpp>
#include <rondo/rondo.hpp>

#include <rondo/observe/inspect.hpp>

using namespace std::chrono_literals;

rondo::task<> transfer(rondo::mutex& from, rondo::mutex& to) {
  const auto first = co_await from.lock();
  co_await rondo::yield_now();  // long enough for the other one
  const auto second = co_await to.lock();
}

rondo::task<> amain() {
  rondo::mutex left, right;
  rondo::channel<int> orders(1);
  auto serve = [&]() -> rondo::task<> { co_await orders.receive(); };
  auto body = [&](rondo::scope& all) -> rondo::task<> {
    all.spawn("server", serve());
    all.spawn("alice", transfer(left, right));
    auto see = co_await rondo::observe::inspect();  // the line; what began before is seen, too
    all.spawn("bob", transfer(right, left));
    for (int i = 0; i < 3; ++i) co_await rondo::yield_now();

    const rondo::observe::snapshot now = see.look();
    rondo::observe::table_options table;
    table.times = false;  // so that the same is printed each time
    std::fputs(tasks_as_table(now, table).c_str(), stdout);
    for (const auto& each : now.deadlocks) std::printf("\n%s\n", each.in_words.c_str());
    all.cancel();
  };
  co_await rondo::with_scope(std::move(body));
}

int main() {
  return rondo::run(amain());
}
