#pragma once

#include <coroutine>
#include <cstdint>
#include <source_location>

#include <rondo/async/sleep.hpp>
#include <rondo/base/time.hpp>

namespace rondo {

/// What an `interval` does when a tick was fetched too late: by more than 5 ms, or than a period
/// where that is shorter. (The names and what they mean are those of Tokio's MissedTickBehavior.)
enum class missed : std::uint8_t {
  burst,  ///< the ticks that were missed come at once, until the old grid is caught up with
  delay,  ///< the next tick comes a period after this one: a new grid
  skip,   ///< the ticks that were missed never come; the next is on the old grid
};

/// Ticks at regular distances: `interval ticks(10ms); for (;;) { co_await ticks.next(); ... }`. The
/// first comes at once, the others a period after the one before was due, not after it was fetched,
/// so that work between them does not add up. Thread: that of the task that asks.
class interval {
 public:
  /// `period` is positive.
  explicit interval(duration period, missed when_late = missed::burst) noexcept;

  class [[nodiscard]] tick_awaiter {
   public:
    explicit tick_awaiter(interval& of) noexcept : of_(&of), sleep_(of.due_) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) {
      line_ = &waiting.promise().context();
      return sleep_.await_suspend(waiting, where);
    }
    instant await_resume() {
      sleep_.await_resume();
      return of_->fetched(line_->runs_on().now());
    }

   private:
    interval* of_;
    const task_context* line_ = nullptr;
    sleep_awaiter sleep_;
  };

  /// Waits for the next tick and yields when it was due. Throws `cancelled`; no tick is lost then.
  tick_awaiter next() noexcept { return tick_awaiter(*this); }

  duration period() const noexcept { return period_; }

 private:
  instant fetched(instant now) noexcept;

  duration period_;
  instant due_;
  missed when_late_;
  bool has_begun_ = false;
};

}  // namespace rondo
