#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/os/clock.hpp>

namespace rondo::testing {

using namespace std::chrono_literals;

/// Runs `main` on a loop of its own whose time is simulated: sleeps cost nothing.
template <class T>
auto run_simulated(task<T> main) {
  simulated_clock time;
  loop_options options;
  options.time = &time;
  return run(std::move(main), std::move(options));
}

/// The simulated time in milliseconds, as seen by a task: `co_await now_ms()`.
inline task<long> now_ms() {
  loop& here = co_await this_loop();
  co_return here.now().count_ns() / 1'000'000;
}

using lines = std::vector<std::string>;

/// Writes `what` into `log` after `delay`; `what` + " cancelled" where it was cancelled instead.
inline task<> say_after(duration delay, std::string what, lines& log) {
  bool was_cancelled = false;
  try {
    co_await sleep_for(delay);
  } catch (const cancelled&) {
    was_cancelled = true;
  }
  log.push_back(was_cancelled ? what + " cancelled" : what);
  if (was_cancelled) throw cancelled();
}

/// Yields `value` after `delay`.
inline task<int> value_after(duration delay, int value) {
  co_await sleep_for(delay);
  co_return value;
}

/// Fails after `delay` with a std::runtime_error of this text.
inline task<> fail_after(duration delay, std::string text) {
  co_await sleep_for(delay);
  throw std::runtime_error(text);
}

/// What awaiting `work` threw: its text, "cancelled", or "" where nothing was thrown.
template <class Awaitable>
task<std::string> outcome_of(Awaitable work) {
  std::string outcome;
  try {
    static_cast<void>(co_await std::move(work));
  } catch (const cancelled&) {
    outcome = "cancelled";
  } catch (const std::exception& e) {
    outcome = e.what();
  }
  co_return outcome;
}

}  // namespace rondo::testing
