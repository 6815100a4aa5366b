// A timeout around anything that can be awaited. They nest: the shorter one wins.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/base/error.hpp>

using namespace std::chrono_literals;

rondo::task<int> answer(rondo::duration time) {
  co_await rondo::sleep_for(time);
  co_return 42;
}

rondo::task<> ask(rondo::duration time) {
  try {
    const int value = co_await rondo::with_timeout(10ms, answer(time));
    std::printf("the answer is %d\n", value);
  } catch (const rondo::error& e) {
    if (e.code() != rondo::errc::timed_out) throw;
    std::printf("%s\n", e.what());
  }
}

rondo::task<> amain() {
  co_await ask(1ms);
  co_await ask(1h);
  try {
    co_await rondo::with_timeout(1ms, ask(1h));
  } catch (const rondo::error&) {
    std::printf("no patience even for the timeout\n");
  }
}

int main() {
  return rondo::run(amain());
}
