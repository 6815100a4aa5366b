// The last that a program did, as a trace for ui.perfetto.dev: here it is only asked for what it
// says. With a file name, the trace is written there.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/observe/trace.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/task/spawn.hpp>

using namespace std::chrono_literals;

rondo::task<> cook(rondo::channel<int>& dishes) {
  for (int i = 0; i < 3; ++i) {
    co_await rondo::sleep_for(1ms);
    co_await dishes.send(i);
  }
  dishes.close();
}

rondo::task<> serve(rondo::channel<int>& dishes) {
  for (;;) {
    const auto dish = co_await dishes.receive();
    if (!dish) break;
  }
}

rondo::task<> restaurant() {
  rondo::channel<int> dishes(1);
  auto body = [&](rondo::scope& staff) -> rondo::task<> {
    staff.spawn("cook", cook(dishes));
    staff.spawn("waiter", serve(dishes));
    co_return;
  };
  co_await rondo::with_scope(body);
}

int main(int argc, char** argv) {
  rondo::probe::recorder recorder;
  rondo::loop_options options;
  options.recorder = &recorder;
  rondo::run(restaurant(), std::move(options));

  const std::string trace = rondo::observe::chrome_trace(recorder);
  for (const char* const what : {"cook (59_", "waiter (59_", "waits: sleep", "\"wake\""}) {
    const bool is_there = trace.find(what) != std::string::npos;
    std::printf("%s: %s\n", what, is_there ? "yes" : "no");
  }
  if (argc > 1) std::ofstream(argv[1]) << trace;
}
