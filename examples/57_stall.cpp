// "Who holds my loop?" Said while it is held: the report of the watchdog, here by a hook. Without
// the hook it goes to standard error, and nothing has to be turned on.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/watchdog/stall.hpp>

using namespace std::chrono_literals;

static std::atomic<bool> told{false};

// What takes too long. So that this program always prints the same, it takes as long as the report.
static void resize_a_picture() {
  while (!told.load()) {
  }
}

static rondo::task<> answer_a_request() {
  co_await rondo::sleep_for(1ms);
  resize_a_picture();  // this belongs on the pool: co_await rondo::offload(resize_a_picture)
}

static rondo::task<> amain() {
  const auto body = [](rondo::scope& s) -> rondo::task<> {
    s.spawn("session 7", answer_a_request());
    co_return;
  };
  co_await rondo::with_scope(body);
}

static void print(const rondo::stall& s) {
  if (s.is_over) return;
  std::printf("more than %d ms: %s\n", static_cast<int>(s.limit.count_ns() / 1'000'000),
              s.lasted >= s.limit ? "yes" : "no");
  std::printf("it is %s\n", s.doing == rondo::stall::activity::running ? "running" : "blocked");
  std::printf("task: %s, spawned in line %u\n", s.task.c_str(),
              static_cast<unsigned>(s.task_born.line()));
  for (const rondo::native_frame& each : s.stack) {
    const bool is_it = each.function.find("resize_a_picture") != std::string::npos;
    if (is_it) std::printf("function: resize_a_picture\n");
  }
  std::fflush(stdout);
  told = true;
}

int main() {
  rondo::set_stall_hook(print);
  rondo::loop_options options;
  options.stall_limit = 50ms;
  return rondo::run(amain(), std::move(options));
}
