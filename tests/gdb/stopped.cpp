// A program whose every task stands where gdb_test.py expects it, and which then calls `stop_here`.
#include <chrono>
#include <cstdio>
#include <string_view>

#include <rondo/rondo.hpp>

using namespace std::chrono_literals;

struct place {
  rondo::mutex left, right;
  rondo::channel<int> orders{1};
  rondo::event both_hold;
  int holding = 0;
  rondo::handle_id held;
  rondo::duration limit = 5ms;
};
// What gdb is told to print, by a name that it can say.
place* volatile seen = nullptr;  // NOLINT(misc-use-internal-linkage)

namespace {

/// Where the debugger stops.
[[gnu::noinline]] void stop_here() {
  std::puts("here");
  asm volatile("" ::: "memory");
}

rondo::task<> take(place& p, rondo::mutex& first, rondo::mutex& second) {
  const auto one = co_await first.lock();
  if (++p.holding == 2) p.both_hold.set();
  co_await p.both_hold.wait();
  const auto two = co_await second.lock();  // the line of the lock
}

rondo::task<int> next_order(place& p) {
  const auto order = co_await p.orders.receive();  // the line of the receive
  co_return order.value_or(0);
}

rondo::task<> cook(place& p) {
  std::printf("%d\n", co_await next_order(p));  // the line of the inner await
}

/// Waits in a room whose types the debugger does not know.
rondo::task<> door() {
  auto listener = co_await rondo::tcp_listener::bind("127.0.0.1:0");
  co_await listener.accept();
}

rondo::task<> amain() {
  place p;
  seen = &p;
  rondo::loop& l = co_await rondo::this_loop();
  l.set_interval(1h, [] {});  // the line of the interval
  p.held = l.hold();          // the line of the hold
  co_await rondo::with_scope([&](rondo::scope& s) -> rondo::task<> {
    s.spawn("left first", take(p, p.left, p.right));
    s.spawn("right first", take(p, p.right, p.left));
    s.spawn("cook", cook(p));
    s.spawn("door", door());
    const auto nap = s.spawn("nap", rondo::as_task(rondo::sleep_for(2h)));
    s.spawn("stop", [](rondo::scope& all) -> rondo::task<> {
      co_await rondo::sleep_for(1ms);
      stop_here();  // the line of the stop
      all.cancel("the debugger has seen it");
    }(s));
    co_await rondo::sleep_for(3h);
  });
  l.clear(p.held);
}

/// The same on two threads, in tasks that may be on either.
rondo::task<> on_many() {
  co_await rondo::with_parallel_scope([](rondo::parallel_scope& s) -> rondo::task<> {
    s.spawn("far nap", rondo::as_task(rondo::sleep_for(2h)));
    co_await rondo::sleep_for(1ms);
    stop_here();
    s.cancel("the debugger has seen it");
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && argv[1] == std::string_view("many")) {
    return rondo::run(on_many(), rondo::multi_thread(2));
  }
  return rondo::run(amain());
}
