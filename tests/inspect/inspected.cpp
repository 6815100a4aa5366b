// A program that can be inspected, broken in the way that its argument names. It says "ready" when
// it is, and ends when its standard input does; where it is wedged, when it is killed.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <rondo/async/sleep.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/observe/inspect.hpp>
#include <rondo/pipe/standard_streams.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/task/spawn.hpp>

namespace {

using namespace std::chrono_literals;
using rondo::mutex;
using rondo::parallel_scope;
using rondo::task;

void say_ready() {
  std::puts("ready");
  std::fflush(stdout);
}

task<> wait_for_end() {
  rondo::input_stream input = co_await rondo::standard_input();
  static_cast<void>(co_await input.read_all());
}

task<> transfer(mutex& from, mutex& to) {
  const mutex::guard first = co_await from.lock();
  co_await rondo::sleep_for(5ms);  // until the others have theirs
  const mutex::guard second = co_await to.lock();
}

task<> wedge() {
  co_await rondo::sleep_for(5ms);
  say_ready();
  for (volatile bool go_on = true; go_on;) {
  }
}

task<> spin() {
  for (;;) co_await rondo::yield_now();
}

task<> wait_for_ever(rondo::event& never) {
  co_await never.wait();
}

task<> in(parallel_scope& all, std::string_view what) {
  static mutex left, right, third;
  static rondo::event never;
  if (what == "deadlock") {
    all.spawn("a", transfer(left, right));
    all.spawn("b", transfer(right, left));
  } else if (what == "three") {
    all.spawn("a", transfer(left, right));
    all.spawn("b", transfer(right, third));
    all.spawn("c", transfer(third, left));
  } else if (what == "wedged") {
    all.spawn("endless", wedge());
    all.spawn("patient", wait_for_ever(never));
    co_await rondo::sleep_for(1h);
  } else if (what == "spin") {
    all.spawn("spinner", spin());
  } else if (what == "many") {
    for (int i = 0; i < 10'000; ++i) all.spawn("one of many", wait_for_ever(never));
  }
  co_await rondo::sleep_for(20ms);
  say_ready();
  co_await wait_for_end();
  all.cancel();
}

task<> amain(std::string_view what) {
  rondo::observe::inspector see = co_await rondo::observe::inspect();
  auto body = [&](parallel_scope& all) -> task<> { co_await in(all, what); };
  co_await rondo::with_parallel_scope(std::move(body));
}

}  // namespace

int main(int argc, char** argv) {
  const char* const what = argc > 1 ? argv[1] : "";
  const int workers = argc > 2 ? std::atoi(argv[2]) : 0;
  return rondo::run(amain(what),
                    workers > 0 ? rondo::multi_thread(workers) : rondo::current_thread());
}
