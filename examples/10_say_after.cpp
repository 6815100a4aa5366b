// Two tasks that sleep at the same time: two seconds, not three. On the simulated clock the
// program takes none at all; leave the options away, and it takes real ones.
#include <chrono>
#include <cstdio>
#include <string_view>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/task/when_all.hpp>

using namespace std::chrono_literals;

rondo::task<> say_after(rondo::duration delay, std::string_view what) {
  co_await rondo::sleep_for(delay);
  rondo::loop& here = co_await rondo::this_loop();
  const long seconds = here.now().count_ns() / 1'000'000'000;
  std::printf("%ld s: %.*s\n", seconds, static_cast<int>(what.size()), what.data());
}

rondo::task<> amain() {
  co_await rondo::when_all(say_after(2s, "World"), say_after(1s, "Hello"));
}

int main() {
  rondo::simulated_clock clock;
  rondo::loop_options options;
  options.time = &clock;
  return rondo::run(amain(), std::move(options));
}
