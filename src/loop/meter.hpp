#pragma once

#include <atomic>

#include <rondo/loop/loop_metrics.hpp>

#include "loop/state.hpp"

namespace rondo {

/// The figures behind `loop_metrics`. Written by the loop's thread, read by any: relaxed, since
/// none orders anything.
struct loop::state::meter {
  class tally {
   public:
    void add(std::int64_t n) noexcept {
      value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    std::int64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }
    void set(std::int64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }

   private:
    std::atomic<std::int64_t> value_{0};
  };

  void begin(instant now) noexcept {
    for (tally* const each :
         {&turns, &idle_ns, &io_at_once, &io_waited, &io_completed, &waits_since_ns}) {
      each->set(0);
    }
    for (tally& each : calls) each.set(0);
    for (tally& each : in_calls_ns) each.set(0);
    begun_ns.set(now.count_ns());
    is_on.set(1);
  }

  int users = 0;  // the loop's thread's: how many have begun to measure
  tally is_on;    // 0 or 1
  tally begun_ns, turns, idle_ns, io_at_once, io_waited, io_completed;
  tally calls[loop_metrics::phases], in_calls_ns[loop_metrics::phases];
  // When the present wait began; 0: it does not wait.
  tally waits_since_ns;
};

}  // namespace rondo
