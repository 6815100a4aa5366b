// Three ways to wait for news. An event is a level: once it is set, nobody waits. A notification is
// a tap on one shoulder, kept for who comes late. A condition waits, with a mutex held, until
// something is true.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/sync/condition.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/notify.hpp>
#include <rondo/task/scope.hpp>

using namespace std::chrono_literals;

rondo::task<> runner(rondo::event& start, const char* name) {
  co_await start.wait();
  std::printf("%s runs\n", name);
}

rondo::task<> race() {
  rondo::event start;
  co_await rondo::with_scope([&](rondo::scope& s) -> rondo::task<> {
    s.spawn(runner(start, "Ann"));
    s.spawn(runner(start, "Bob"));
    co_await rondo::sleep_for(1ms);
    std::puts("start!");
    start.set();
    co_await runner(start, "Eve, who came late,");
  });
}

rondo::task<> bell() {
  rondo::notify rings;
  rings.notify_one();  // nobody listens yet: it is kept
  co_await rings.wait();
  std::puts("the bell rang");
}

struct purse {
  rondo::mutex m;
  rondo::condition filled;
  int coins = 0;
};

rondo::task<> buy(purse& p, int price) {
  rondo::mutex::guard hold = co_await p.m.lock();
  co_await p.filled.wait(hold, [&] { return p.coins >= price; });
  p.coins -= price;
  std::printf("bought for %d\n", price);
}

rondo::task<> shop() {
  purse p;
  co_await rondo::with_scope([&](rondo::scope& s) -> rondo::task<> {
    s.spawn(buy(p, 3));
    for (int i = 1; i <= 3; ++i) {
      co_await rondo::sleep_for(1ms);
      const rondo::mutex::guard hold = co_await p.m.lock();
      std::printf("%d coins\n", ++p.coins);
      p.filled.notify_all();
    }
  });
}

rondo::task<> amain() {
  co_await race();
  co_await bell();
  co_await shop();
}

int main() {
  return rondo::run(amain());
}
