#pragma once

#include <cstdint>

#include <rondo/base/time.hpp>
#include <rondo/probe/event.hpp>

namespace rondo {

/// What a loop has done since it began to be measured (`loop::measure`): how long it waited, how
/// long it did not, and where the time went.
struct loop_metrics {
  /// The phases of a turn, and the two queues.
  static constexpr int phases = static_cast<int>(probe::turn_phase::microtasks) + 1;

  std::uint64_t turns = 0;
  duration idle;                     ///< asleep in the poll phase
  duration active;                   ///< the rest
  std::uint64_t calls[phases] = {};  ///< callbacks, by `probe::turn_phase`
  duration in_calls[phases];         ///< and how long they took, all together
  // Operations.
  std::uint64_t io_at_once = 0;    ///< that ended when they were started
  std::uint64_t io_waited = 0;     ///< that did not
  std::uint64_t io_completed = 0;  ///< of those: that ended later, and were not served by others

  std::uint64_t calls_in(probe::turn_phase phase) const noexcept {
    return calls[static_cast<int>(phase)];
  }
  duration time_in(probe::turn_phase phase) const noexcept {
    return in_calls[static_cast<int>(phase)];
  }

  /// How busy it was: 0, always asleep, to 1, never.
  double utilization() const noexcept {
    const double all = active.count_seconds() + idle.count_seconds();
    return all > 0 ? active.count_seconds() / all : 0;
  }
  /// What has been added since `earlier`, an older value of the same loop.
  loop_metrics since(const loop_metrics& earlier) const noexcept {
    loop_metrics d = *this;
    d.turns -= earlier.turns;
    d.idle = d.idle - earlier.idle;
    d.active = d.active - earlier.active;
    d.io_at_once -= earlier.io_at_once;
    d.io_waited -= earlier.io_waited;
    d.io_completed -= earlier.io_completed;
    for (int i = 0; i < phases; ++i) {
      d.calls[i] -= earlier.calls[i];
      d.in_calls[i] = d.in_calls[i] - earlier.in_calls[i];
    }
    return d;
  }
};

}  // namespace rondo
