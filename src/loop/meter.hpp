#pragma once

#include <atomic>

#include <rondo/loop/loop_metrics.hpp>

#include "loop/state.hpp"

namespace rondo {

/// The figures behind `loop_metrics`. Written by the loop's thread, read by any: relaxed, since
/// none orders anything.
struct loop::state::meter {
  explicit meter(instant now) noexcept : begun(now) {}

  class tally {
   public:
    void add(std::int64_t n) noexcept {
      value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    std::int64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }

   private:
    std::atomic<std::int64_t> value_{0};
  };

  const instant begun;
  tally turns, idle_ns;
  tally calls[loop_metrics::phases], in_calls_ns[loop_metrics::phases];
  // When the present wait began; 0: it does not wait.
  std::atomic<std::int64_t> waits_since_ns{0};
};

}  // namespace rondo
