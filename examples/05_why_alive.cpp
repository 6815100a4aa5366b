// "Why won't my program end?" The loop lists what keeps it alive, and where each was made.
#include <chrono>
#include <cstdio>

#include <rondo/loop/loop.hpp>

using namespace std::chrono_literals;

static void print_holders(const rondo::loop& loop) {
  for (const rondo::holder& h : loop.holders()) {
    std::printf("  %s, made in line %u\n", h.kind, static_cast<unsigned>(h.where.line()));
  }
}

static rondo::handle_id forgotten;

void poll_the_weather(rondo::loop& loop) {
  forgotten = loop.set_interval(1h, [] { std::puts("still raining"); });
}

int main() {
  rondo::loop loop;
  poll_the_weather(loop);
  const rondo::handle_id cache = loop.set_interval(1min, [] { std::puts("cleaning the cache"); });
  loop.unref(cache);  // goes on while others do, but is no reason to live

  loop.set_timeout(1ms, [&] {
    std::puts("the work is done, and yet it does not end:");
    print_holders(loop);
    loop.clear(forgotten);
  });
  loop.run();
  std::printf("ended, with %zu reasons not to\n", loop.holders().size());
}
