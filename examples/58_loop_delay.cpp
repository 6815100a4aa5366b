// "Who holds my loop?" First the histogram says that somebody does, then the phases say where.
#include <chrono>
#include <cstdio>

#include <rondo/loop/loop_delay.hpp>

using namespace std::chrono_literals;

// A callback that takes too long: it computes, or calls something that blocks.
static void resize_a_picture() {
  const rondo::instant end = rondo::real_clock().now() + 80ms;
  while (rondo::real_clock().now() < end) {
  }
}

int main() {
  rondo::loop loop;
  rondo::loop_delay delay(loop, 5ms);
  delay.enable();
  loop.measure(true);

  int requests = 0;
  rondo::handle_id every;
  every = loop.set_interval(10ms, [&] {
    if (++requests == 10) loop.set_immediate(resize_a_picture);
    if (requests == 20) loop.clear(every);
  });
  loop.run();

  const rondo::probe::histogram& late = delay.delays();
  std::printf("late by more than 70 ms: %s\n", late.max() > 70ms ? "yes" : "no");
  std::printf("most of the time:        %s\n", late.percentile(50) > 70ms ? "yes" : "no");

  const rondo::loop_metrics all = loop.metrics();
  const bool here = all.time_in(rondo::probe::turn_phase::check) >= 80ms;
  std::printf("it is in the %s phase\n", here ? "check" : "?");
  std::printf("the loop slept for %s of the time\n", all.utilization() < 0.7 ? "much" : "little");
}
