// What would block the loop goes to a thread of its pool: `co_await offload(f)` yields here what f
// returned there, or throws here what it threw. Meanwhile the loop serves the others.
#include <atomic>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>

#include <rondo/async/offload.hpp>
#include <rondo/async/run.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/task/scope.hpp>

using rondo::work_kind;

int primes_below(int end) {
  int found = 0;
  for (int n = 2; n < end; ++n) {
    bool prime = true;
    for (int d = 2; d * d <= n && prime; ++d) prime = n % d != 0;
    found += prime ? 1 : 0;
  }
  return found;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) throw std::runtime_error("can't read " + path);
  return line;
}

rondo::task<> count_turns(long& turns, const bool& done) {
  while (!done) {
    co_await rondo::yield_now();
    ++turns;
  }
}

rondo::task<> compute() {
  long turns = 0;
  bool done = false;
  co_await rondo::with_scope([&](rondo::scope& s) -> rondo::task<> {
    s.spawn(count_turns(turns, done));
    const int primes =
        co_await rondo::offload({work_kind::cpu, "primes"}, [] { return primes_below(300'000); });
    done = true;
    std::printf("%d primes; the loop %s meanwhile\n", primes, turns > 10 ? "turned" : "stood");
  });
}

rondo::task<> read() {
  const std::string path = "/proc/self/comm";  // f may use what lives in the task
  const std::string name =
      co_await rondo::offload({work_kind::files, "read"}, [&] { return first_line(path); });
  std::printf("I am %s\n", name.c_str());
  try {
    co_await rondo::offload({work_kind::files, "read"}, [] { return first_line("/no/such/file"); });
  } catch (const std::runtime_error& e) {
    std::printf("%s\n", e.what());
  }
}

/// A function that takes a stop_flag may end early. The await waits for it to do so, and yields its
/// result: what is there is never lost to a cancel.
rondo::task<> stop_early(std::atomic<bool>& began) {
  const int rest = co_await rondo::offload(work_kind::cpu, [&](rondo::stop_flag stop) {
    while (!stop.stop_requested()) began = true;
    return 7;
  });
  std::printf("stopped early, with %d left\n", rest);
}

rondo::task<> give_up() {
  std::atomic<bool> began{false};
  co_await rondo::with_scope([&](rondo::scope& s) -> rondo::task<> {
    s.spawn(stop_early(began));
    while (!began) co_await rondo::yield_now();
    s.cancel("nobody needs it any more");
  });
}

int main() {
  rondo::run(compute());
  rondo::run(read());
  rondo::run(give_up());

  // The same without a coroutine.
  rondo::loop loop;
  loop.queue_work([] { std::puts("on another thread"); },
                  [](const std::exception_ptr& failure) {
                    std::puts(failure ? "failed" : "and back on the loop");
                  });
  loop.run();
}
