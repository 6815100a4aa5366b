// Cancelling one task through its handle: its siblings go on, and it learns why and from where.
#include <chrono>
#include <cstdio>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/base/error.hpp>
#include <rondo/task/scope.hpp>

using namespace std::chrono_literals;

rondo::task<> download(const char* name, rondo::duration time) {
  try {
    co_await rondo::sleep_for(time);
    std::printf("%s: complete\n", name);
  } catch (const rondo::cancelled& c) {
    const std::string reason(c.reason());
    std::printf("%s: cancelled, because %s\n", name, reason.c_str());
    throw;
  }
}

rondo::task<> amain() {
  co_await rondo::with_scope([](rondo::scope& s) -> rondo::task<> {
    auto slow = s.spawn("mirror 1", download("mirror 1", 1h));
    auto fast = s.spawn("mirror 2", download("mirror 2", 5ms));
    co_await fast;
    slow.cancel("the other mirror was faster");
    try {
      co_await slow;  // not needed for the cancel; it tells how the task ended
    } catch (const rondo::error& e) {
      std::printf("%s\n", e.what());
    }
  });
}

int main() {
  return rondo::run(amain());
}
