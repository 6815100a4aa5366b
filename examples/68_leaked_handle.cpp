// "What did I forget?" A loop that is destroyed tells of the handles that still keep it alive. On
// in debug builds, where it prints; in other builds whoever wants it sets a handler.
#include <chrono>
#include <cstdio>

#include <rondo/loop/leaked_handle.hpp>

using namespace std::chrono_literals;

static void watch_the_weather(rondo::loop& loop) {
  loop.set_interval(1h, [] { std::puts("still raining"); });
}

int main() {
  rondo::set_leak_handler([](const rondo::holder& leaked) {
    std::printf("forgotten: %s, made in line %u\n", leaked.kind,
                static_cast<unsigned>(leaked.where.line()));
  });
  rondo::loop loop;
  watch_the_weather(loop);
  loop.set_timeout(1ms, [&] {
    std::puts("the work is done");
    loop.stop();  // ends `run`, and leaves the interval where it is
  });
  loop.run();
}
