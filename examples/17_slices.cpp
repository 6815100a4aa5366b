// A long computation on the loop's own thread, cut into slices: an await in each round, which lets
// the others run only when the slice is over. Without it, they wait until all is computed.
#include <chrono>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/slice.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/task/scope.hpp>

using namespace std::chrono_literals;

/// So that the example prints the same everywhere: each round takes 250 microseconds of this time.
class round_clock final : public rondo::clock {
 public:
  rondo::instant now() noexcept override { return now_; }
  std::int64_t unix_second() noexcept override { return 0; }
  void end_of_round() noexcept { now_ = now_ + 250us; }

 private:
  rondo::instant now_;
};

rondo::task<> others(int& turns, const bool& done) {
  for (;;) {
    co_await rondo::yield_now();
    if (done) co_return;
    ++turns;
  }
}

rondo::task<> compute(bool sliced) {
  int turns = 0;
  bool done = false;
  co_await rondo::with_scope([&](rondo::scope& s) -> rondo::task<> {
    s.spawn(others(turns, done));
    round_clock time;
    rondo::slice slice(2ms, time);  // real time where no clock is given
    for (int round = 0; round < 1000; ++round) {
      time.end_of_round();  // some work
      if (sliced) co_await slice;
    }
    done = true;
  });
  std::printf("%s: the others had %d turns\n", sliced ? "in slices of 2 ms" : "in one go", turns);
}

int main() {
  rondo::run(compute(false));
  rondo::run(compute(true));
}
