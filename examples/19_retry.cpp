// Trying again with pauses that double and are cut at random, and doing something at regular
// distances. The randomness is handed in with a seed, and the clock is simulated: the same every
// time.
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include <rondo/async/interval.hpp>
#include <rondo/async/retry.hpp>
#include <rondo/async/run.hpp>

using namespace std::chrono_literals;

rondo::task<int> ask(rondo::clock& time, int attempt) {
  std::printf("%.3f s: attempt %d\n", (time.now() - rondo::instant()).count_seconds(), attempt);
  co_await rondo::sleep_for(1ms);
  if (attempt < 4) throw std::runtime_error("busy");
  co_return 42;
}

rondo::task<> amain(rondo::clock& time) {
  rondo::random_source random(2026);
  rondo::retry_options options;
  options.first_pause = 100ms;
  options.random = &random;
  const auto attempt = [&time](int number) -> rondo::task<int> {
    const int answer = co_await ask(time, number);
    co_return answer;
  };
  const int answer = co_await rondo::retry(options, attempt);
  std::printf("the answer: %d\n", answer);

  options.max_attempts = 2;
  try {
    co_await rondo::retry(options, attempt);
  } catch (const rondo::retry_failure& failure) {
    std::printf("%s\n", failure.what());
  }

  const rondo::instant start = time.now();
  rondo::interval ticks(10ms, rondo::missed::skip);
  for (int i = 0; i < 5; ++i) {
    co_await ticks.next();
    std::printf("tick at %.0f ms\n", (time.now() - start).count_seconds() * 1000);
    if (i == 1) co_await rondo::sleep_for(25ms);  // two ticks are missed, and skipped
  }
}

int main() {
  rondo::simulated_clock time;
  rondo::loop_options options;
  options.time = &time;
  return rondo::run(amain(time), std::move(options));
}
