// The six phases of one turn, and the two queues between all callbacks. No coroutine in sight.
#include <chrono>
#include <cstdio>

#include <rondo/loop/loop.hpp>

using namespace std::chrono_literals;

int main() {
  rondo::loop loop;
  const auto say = [](const char* what) { return [what] { std::puts(what); }; };

  loop.call_later(0ms, [&] {
    std::puts("1. timers");
    loop.queue_microtask(say("   then microtasks"));
    loop.next_tick(say("   after every callback: next ticks,"));
  });
  loop.call_soon(say("2. pending callbacks"));
  rondo::handle_id idle;
  idle = loop.add_idle([&] {
    std::puts("3. idle and prepare hooks");
    loop.clear(idle);  // else it would run in every turn
  });
  loop.post(say("4. poll: I/O, and what other threads have posted"));
  loop.set_immediate(say("5. check: immediates"));
  loop.call_on_close(say("6. close callbacks"));

  std::puts("nothing runs before run()");
  loop.run();
  std::puts("nothing is left: run() returns");
}
