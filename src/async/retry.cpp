// When to try again: exponential backoff with full jitter, after "Exponential Backoff And Jitter"
// (AWS Architecture Blog, 2015), which compares the kinds of jitter and finds this one best.
#include <string>

#include <rondo/async/retry.hpp>

namespace rondo {

namespace {

std::string text_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "an exception of a type of its own";
  }
}

}  // namespace

retry_failure::retry_failure(int attempts, std::exception_ptr last)
    : std::runtime_error("retry: attempt " + std::to_string(attempts) +
                         " was the last and failed: " + text_of(last)),
      attempts_(attempts),
      last_(std::move(last)) {}

namespace detail {

retry_state::retry_state(const retry_options& options, const task_context& line) noexcept
    : options_(options),
      line_(&line),
      end_(options.total_limit == duration::max() ? instant::never()
                                                  : line.runs_on().now() + options.total_limit),
      own_random_(static_cast<std::uint64_t>(line.runs_on().now().count_ns()) ^
                  reinterpret_cast<std::uintptr_t>(this)),
      pause_(options.first_pause) {
  RONDO_ASSERT(options.max_attempts > 0);
}

duration retry_state::pause_after(const std::exception_ptr& failure) {
  if (options_.worth_it != nullptr && !options_.worth_it(failure)) std::rethrow_exception(failure);
  duration pause = pause_ < options_.max_pause ? pause_ : options_.max_pause;
  pause_ = pause * 2;
  if (options_.jitter && pause > duration()) {
    random_source& random = options_.random != nullptr ? *options_.random : own_random_;
    const auto most = static_cast<std::uint64_t>(pause.count_ns());
    pause = duration::nanoseconds(static_cast<std::int64_t>(random.below(most)));
  }
  if (attempt_ == options_.max_attempts || line_->runs_on().now() + pause >= end_) {
    throw retry_failure(attempt_, failure);
  }
  ++attempt_;
  return pause;
}

}  // namespace detail
}  // namespace rondo
