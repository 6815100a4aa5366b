// One of several things of different types, with a handler for each: a server that takes work until
// it is told to stop, and says every so often that it still lives.
#include <chrono>
#include <cstdio>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/task/select.hpp>

using namespace std::chrono_literals;

rondo::task<std::string> next_job(int number) {
  co_await rondo::sleep_for(number == 3 ? 30ms : 1ms);
  co_return "job " + std::to_string(number);
}

rondo::task<> serve(rondo::instant end) {
  bool stopping = false;
  for (int number = 1; !stopping; ++number) {
    co_await rondo::select(
        rondo::on(next_job(number),
                  [](const std::string& job) -> rondo::task<> {
                    std::printf("%s begins\n", job.c_str());
                    co_await rondo::sleep_for(1ms);  // a handler may be a task
                    std::printf("%s is done\n", job.c_str());
                  }),
        rondo::on(rondo::sleep_for(10ms), [] { std::printf("nothing to do for a while\n"); }),
        rondo::on(rondo::sleep_until(end), [&] { stopping = true; }));
  }
  std::printf("stopped\n");
}

rondo::task<> amain() {
  const rondo::loop& here = co_await rondo::this_loop();
  co_await serve(here.now() + 15ms);
}

int main() {
  rondo::simulated_clock time;
  rondo::loop_options options;
  options.time = &time;
  return rondo::run(amain(), std::move(options));
}
