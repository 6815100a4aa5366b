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

  /// Asked by a loop that has nothing to do before `due`. A clock that is not real time may jump
  /// there and return true, and the loop does not wait at all; real clocks return false.
  virtual bool jump_to(instant due) noexcept = 0;
};

/// CLOCK_MONOTONIC. Stateless; `real_clock()` is the one that everybody shares.
class monotonic_clock final : public clock {
 public:
  instant now() noexcept override;
  bool jump_to(instant) noexcept override { return false; }
};

monotonic_clock& real_clock() noexcept;

/// Starts at 0 and moves only when the loop has nothing else to do, straight to the next timer: a
/// program of two hours' sleeps ends at once, in the same order. I/O that is ready is served before
/// any jump; I/O that needs real time to become ready does not hold a jump back.
class simulated_clock final : public clock {
 public:
  instant now() noexcept override { return now_; }
  bool jump_to(instant due) noexcept override {
    if (due > now_ && !due.is_never()) now_ = due;
    return !due.is_never();
  }

 private:
  instant now_;
};

}  // namespace rondo
