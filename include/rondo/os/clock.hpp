#pragma once

#include <rondo/base/time.hpp>

namespace rondo {

/// Where a loop gets its time from. Handed in, so that a program can run on a clock of its own.
/// Used from the loop's thread only.
class clock {
 public:
  virtual ~clock() = default;

  /// Never goes back.
  virtual instant now() noexcept = 0;

  /// Seconds since 1970-01-01 UTC, for what is told to others (a Date field, a log). May go back.
  virtual std::int64_t unix_second() noexcept = 0;

  /// Whether this is no real time: a loop that has nothing to do before its next timer then does
  /// not wait, but calls `jump_to`.
  virtual bool jumps() const noexcept { return false; }

  /// Makes it `due`, where that is later than now. For clocks that jump.
  virtual void jump_to(instant due) noexcept { static_cast<void>(due); }
};

/// CLOCK_MONOTONIC. Stateless; `real_clock()` is the one that everybody shares.
class monotonic_clock final : public clock {
 public:
  instant now() noexcept override;
  std::int64_t unix_second() noexcept override;
};

/// Any thread; lives for ever.
monotonic_clock& real_clock() noexcept;

namespace os {
/// The time of `real_clock()` as of the kernel's last tick, some milliseconds ago: for what is only
/// told to people, at a fifth of the price. Any thread.
instant coarse_now() noexcept;
}  // namespace os

/// Starts at 0 and moves only when the loop has nothing else to do, straight to the next timer: a
/// program of two hours' sleeps ends at once, in the same order. I/O that is ready is served before
/// any jump; I/O that needs real time to become ready does not hold a jump back.
class simulated_clock final : public clock {
 public:
  instant now() noexcept override { return now_; }
  std::int64_t unix_second() noexcept override { return now_.count_ns() / 1'000'000'000; }
  bool jumps() const noexcept override { return true; }
  void jump_to(instant due) noexcept override {
    if (due > now_) now_ = due;
  }

 private:
  instant now_;
};

}  // namespace rondo
