#pragma once

#include <exception>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/base/random.hpp>
#include <rondo/base/time.hpp>
#include <rondo/task/awaitable.hpp>
#include <rondo/task/this_task.hpp>

namespace rondo {

/// How often and when `retry` tries again. All have defaults. Copyable.
struct retry_options {
  retry_options() noexcept = default;

  /// How many attempts there are in all, the first included.
  int max_attempts = 5;
  /// The pause after the first failure; it doubles with each further one.
  duration first_pause = duration::milliseconds(100);
  /// No pause is longer.
  duration max_pause = duration::seconds(30);
  /// From the first attempt on. An attempt that runs at its end is cancelled, and none begins after
  /// a pause that would reach beyond.
  duration total_limit = duration::max();
  /// Where set, each pause is a random part of what it would be ("full jitter"), so that those
  /// whose attempts failed together don't come back together.
  bool jitter = true;
  /// Where the randomness comes from; outlives the retry. None: one seeded from the time and an
  /// address, which no run repeats.
  random_source* random = nullptr;
  /// Whether a failure may be a passing one. None: all are tried again.
  bool (*worth_it)(const std::exception_ptr& failure) = nullptr;
};

/// What `retry` throws when it gives up: how often it tried, and what the last attempt threw.
class retry_failure : public std::runtime_error {
 public:
  retry_failure(int attempts, std::exception_ptr last);

  int attempts() const noexcept { return attempts_; }
  /// The failure of the last attempt.
  const std::exception_ptr& last() const noexcept { return last_; }

 private:
  int attempts_;
  std::exception_ptr last_;
};

namespace detail {

/// The part of `retry` that does not depend on types.
class retry_state {
 public:
  retry_state(const retry_options& options, const task_context& line) noexcept;

  int attempt() const noexcept { return attempt_; }
  bool has_limit() const noexcept { return !end_.is_never(); }
  instant end() const noexcept { return end_; }

  /// How long to pause after `failure`. Throws where it is the last one.
  duration pause_after(const std::exception_ptr& failure);

 private:
  retry_options options_;
  const task_context* line_;
  instant end_;
  random_source own_random_;
  duration pause_;
  int attempt_ = 1;
};

template <class Make>
RONDO_COROUTINE_WRAPPER auto make_attempt(Make& make, int attempt) {
  if constexpr (std::is_invocable_v<Make&, int>) {
    return make(attempt);
  } else {
    return make();
  }
}
template <class Make>
using attempt_task = decltype(make_attempt(std::declval<Make&>(), 1));

}  // namespace detail

/// Awaits `make()` (or `make(attempt)`, counted from 1), a task, and when it fails, pauses and
/// makes the next one, until one has a value: which is yielded. A failure that is not `worth_it` is
/// thrown as it is; when attempts or time are used up, `retry_failure` is thrown. A cancel is never
/// tried again, and cuts a pause short.
template <class Make>
task<typename detail::attempt_task<Make>::value_type> retry(retry_options options, Make make) {
  const task_context& line = co_await this_task();
  detail::retry_state state(options, line);
  for (;;) {
    std::exception_ptr failure;
    try {
      auto attempt = detail::make_attempt(make, state.attempt());
      if (state.has_limit()) {
        co_return co_await with_deadline(state.end(), std::move(attempt));
      } else {
        co_return co_await std::move(attempt);
      }
    } catch (const cancelled&) {
      throw;
    } catch (...) {
      failure = std::current_exception();
    }
    const duration pause = state.pause_after(failure);
    co_await sleep_for(pause);
  }
}

}  // namespace rondo
