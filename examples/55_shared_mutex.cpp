// Many read at once, one writes alone, and both are served in the order of their coming: a reader
// who comes after a waiting writer does not overtake him.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/sync/shared_mutex.hpp>
#include <rondo/task/when_all.hpp>

using namespace std::chrono_literals;

struct table {
  rondo::shared_mutex m;
  int version = 1;
  int readers = 0;
};

rondo::task<> read(table& t, const char* who) {
  const rondo::shared_mutex::shared_guard hold = co_await t.m.lock_shared();
  std::printf("%s reads version %d, with %d others\n", who, t.version, t.readers++);
  co_await rondo::sleep_for(1ms);
  --t.readers;
}

rondo::task<> write(table& t) {
  const rondo::shared_mutex::guard hold = co_await t.m.lock();
  std::printf("writing, with %d readers\n", t.readers);
  co_await rondo::sleep_for(1ms);
  ++t.version;
}

rondo::task<> amain() {
  table t;
  co_await rondo::when_all(read(t, "Ann"), read(t, "Bob"), write(t), read(t, "Eve"));
}

int main() {
  return rondo::run(amain());
}
