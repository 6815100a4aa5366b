// The end of a program that somebody holds up: who that is can be asked, is told after a while, and
// is cut off when the time is over. (Simulated time: it all happens at once.)
#include <chrono>
#include <cstdio>

#include <rondo/rondo.hpp>

using namespace std::chrono_literals;

rondo::task<> session(const char* name, rondo::duration takes) {
  try {
    co_await rondo::sleep_for(takes);
    std::printf("%s has finished\n", name);
  } catch (const rondo::cancelled& c) {
    std::printf("%s was cut off: %s\n", name, std::string(c.reason()).c_str());
    throw;
  }
}

rondo::task<> last_words() {
  co_await rondo::sleep_for(1h);
}

rondo::task<> stubborn() {
  co_await rondo::shield(last_words());
}

rondo::task<> accept_sessions(rondo::scope& sessions) {
  sessions.spawn("quick", session("quick", 2s));
  sessions.spawn("slow", session("slow", 1h));
  sessions.spawn("stubborn", stubborn());
  for (;;) co_await rondo::sleep_for(1s);  // and more of them, in a real server
}

rondo::task<> serve(rondo::graceful_shutdown& ending) {
  auto body = [&](rondo::scope& sessions) -> rondo::task<> {
    co_await ending.until_begun(accept_sessions(sessions));
    std::puts("no more sessions");
  };
  co_await rondo::with_scope(body);
}

void print(const rondo::shutdown_report& report) {
  const double at = (report.now - report.begun).count_seconds();
  std::printf("[%4.1f s] %s:", at, to_string(report.stage));
  for (const rondo::shutdown_task& each : report.tasks) {
    if (each.name.empty()) continue;
    std::printf(" %s%s", each.name.c_str(), each.cancelled ? " (cancelled)" : "");
  }
  std::puts("");  // to_string(report) has the stacks, to_json(report) is for tools
}

int main() {
  rondo::simulated_clock time;
  rondo::loop_options options;
  options.time = &time;
  rondo::loop loop(std::move(options));

  rondo::shutdown_options limits;
  limits.drain_limit = 5s;   // to finish
  limits.cancel_limit = 3s;  // to end after a cancel; then shields are broken
  limits.on_report = print;
  rondo::graceful_shutdown ending(loop, std::move(limits));
  loop.set_timeout(500ms, [&] { ending.begin("an example"); });  // or from any thread
  const bool by_itself = rondo::run(loop, ending.run(serve(ending)));
  std::printf("%s\n", by_itself ? "all ended by themselves" : "some were cut off");
}
