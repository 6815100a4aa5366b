#pragma once

#include <rondo/loop/loop.hpp>
#include <rondo/probe/histogram.hpp>

namespace rondo {

/// How late a loop is: a timer that is due every `resolution` says how long after that it was
/// called. So a callback that holds the loop for 200 ms is a value of some 200 ms here, whoever it
/// was. The timer does not keep the loop alive. (Node's `monitorEventLoopDelay` records the time
/// between two calls, which is that and the resolution.)
///
/// Each stall is one value, however long: percentiles are of moments at which somebody asked, one
/// every `resolution`, and a stall leaves out those that fell into it.
///
/// Thread: the loop's, and it is destroyed before the loop; the figures are any thread's.
class loop_delay {
 public:
  /// Disabled. `resolution` is at least 1 ms. Throws std::bad_alloc.
  explicit loop_delay(loop& of, duration resolution = duration::milliseconds(10));
  loop_delay(const loop_delay&) = delete;
  ~loop_delay() { disable(); }

  /// Begins to measure, behind what was measured before. False where it did already. Throws
  /// std::bad_alloc.
  bool enable();
  /// Measures no more; what was measured stays. False where it did not.
  bool disable() noexcept;
  /// Forgets what was measured.
  void reset() noexcept { delays_.reset(); }

  duration resolution() const noexcept { return resolution_; }
  /// How often which delay was seen.
  const probe::histogram& delays() const noexcept { return delays_; }

 private:
  void wait_until(instant due);

  loop* loop_;
  duration resolution_;
  handle_id timer_;
  instant due_;
  probe::histogram delays_;
};

}  // namespace rondo
