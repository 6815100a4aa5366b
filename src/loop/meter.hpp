#pragma once

#include <atomic>

#include <rondo/loop/loop_metrics.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/probe/tick_clock.hpp>

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

  /// `time` is the loop's clock. Where that is the real one, calls are measured by the cheapest
  /// clock there is: reading it is most of what being measured costs.
  explicit meter(clock& time) noexcept : simulated(&time == &real_clock() ? nullptr : &time) {}

  std::uint64_t tick() const noexcept {
    return simulated == nullptr ? ticks.now()
                                : static_cast<std::uint64_t>(simulated->now().count_ns());
  }
  /// A call begins where the one before it has ended, if nothing was between them but this loop.
  std::uint64_t call_begins() noexcept {
    const std::uint64_t now = last_ended != 0 ? last_ended : tick();
    if (simulated == nullptr) probe::call_begins_at(now);
    return now;
  }
  void call_ends(std::size_t in, std::uint64_t begun) noexcept {
    probe::call_begins_at(0);
    last_ended = tick();
    calls[in].add(1);
    in_calls[in].add(static_cast<std::int64_t>(last_ended - begun));
  }

  void begin(instant now) noexcept {
    last_ended = 0;
    for (tally* const each :
         {&turns, &idle_ns, &io_at_once, &io_waited, &io_completed, &waits_since_ns}) {
      each->set(0);
    }
    for (tally& each : calls) each.set(0);
    for (tally& each : in_calls) each.set(0);
    begun_ns.set(now.count_ns());
    is_on.set(1);
  }

  int users = 0;  // the loop's thread's: how many have begun to measure
  tally is_on;    // 0 or 1
  tally begun_ns, turns, idle_ns, io_at_once, io_waited, io_completed;
  tally calls[loop_metrics::phases], in_calls[loop_metrics::phases];  // the latter in ticks
  // When the present wait began; 0: it does not wait.
  tally waits_since_ns;

  clock* const simulated;  // null: the real one
  const probe::tick_clock ticks;
  std::uint64_t last_ended = 0;  // the loop's thread's; 0: the next call has to read the clock
};

}  // namespace rondo
