// A configuration that changes while the program runs: who uses it always sees the latest, and
// is woken when there is a new one. Whoever still holds an old one keeps it as long as it likes.
#include <chrono>
#include <cstdio>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/sync/watch.hpp>
#include <rondo/task/scope.hpp>

using namespace std::chrono_literals;

struct config {
  std::string level;
  int limit = 0;
};

rondo::task<> follow(rondo::watch<config>::viewer viewer) {
  for (;;) {
    const bool changed = co_await viewer.changed();
    if (!changed) break;
    const auto now = viewer.get();
    std::printf("now %s, at most %d\n", now->level.c_str(), now->limit);
  }
  std::puts("no more changes");
}

rondo::task<> amain() {
  rondo::watch<config> current(config("info", 10));
  co_await rondo::with_scope([&](rondo::scope& s) -> rondo::task<> {
    s.spawn(follow(current.subscribe()));
    co_await rondo::sleep_for(1ms);
    current.update([](config& c) { c.level = "debug"; });
    co_await rondo::sleep_for(1ms);
    for (int i = 0; i < 5; ++i) current.update([](config& c) { ++c.limit; });  // seen as one
    co_await rondo::sleep_for(1ms);
    current.close();
  });
}

int main() {
  return rondo::run(amain());
}
