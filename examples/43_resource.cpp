// A resource that needs a task to be given back is given back on every way out: at the end, after a
// failure, and after a cancel, which does not reach the release.
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/task/with_resource.hpp>

using namespace std::chrono_literals;

class session {
 public:
  explicit session(int number) noexcept : number_(number) {}
  rondo::task<int> query(rondo::duration time) {
    co_await rondo::sleep_for(time);
    co_return number_ * 10;
  }
  rondo::task<> quit() {
    co_await rondo::sleep_for(2ms);  // says goodbye
    std::printf("session %d has been closed\n", number_);
  }

 private:
  int number_;
};

rondo::task<session> log_in(int number) {
  co_await rondo::sleep_for(1ms);
  std::printf("session %d is open\n", number);
  co_return session(number);
}

rondo::task<> quit(session& s) {
  co_await s.quit();
}

rondo::task<int> quick(session& s) {
  const int result = co_await s.query(1ms);
  co_return result;
}
rondo::task<> failing(session&) {
  co_await rondo::sleep_for(1ms);
  throw std::runtime_error("the query was wrong");
}
rondo::task<int> slow(session& s) {
  const int result = co_await s.query(1h);
  co_return result;
}

rondo::task<> amain() {
  const int result = co_await rondo::with_resource(log_in(1), quick, quit);
  std::printf("result: %d\n", result);
  try {
    co_await rondo::with_resource(log_in(2), failing, quit);
  } catch (const std::runtime_error& e) {
    std::printf("failed: %s\n", e.what());
  }
  const auto late = co_await rondo::within(5ms, rondo::with_resource(log_in(3), slow, quit));
  std::printf("%s\n", late ? "a result" : "too late");
}

int main() {
  return rondo::run(amain());
}
