#pragma once

#include <cstdint>

#include <rondo/base/time.hpp>

namespace rondo {

/// What one worker of a runtime has done since it began, as far as lines that move are concerned:
/// tasks spawned with `spawn` or into a `parallel_scope`. Each figure is read by itself, without a
/// lock, while the worker goes on, so that two of them may be of different moments.
struct worker_metrics {
  std::uint64_t polls = 0;          ///< how often a line was resumed here
  std::uint64_t steals = 0;         ///< how often work was taken from another worker
  std::uint64_t stolen = 0;         ///< how many lines that were
  std::uint64_t parks = 0;          ///< how often there was no work
  std::uint64_t wakes = 0;          ///< how often another thread woke it, to look for work
  std::uint64_t remote = 0;         ///< lines taken from the common queue
  std::uint64_t overflows = 0;      ///< lines moved to the common queue, its own being full
  std::uint64_t rescues = 0;        ///< timers and I/O served for a worker that was busy too long
  std::uint64_t queue_depth = 0;    ///< ready now
  std::uint64_t queue_deepest = 0;  ///< the most that a turn has begun with
  duration busy;                    ///< in lines that move

  /// How long a line ran on average until it waited, or ended.
  duration mean_poll() const noexcept {
    return polls == 0 ? duration()
                      : duration::nanoseconds(busy.count_ns() / static_cast<std::int64_t>(polls));
  }
};

}  // namespace rondo
