#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include <rondo/base/time.hpp>

namespace rondo::probe {

/// How often a span of time was how long: every value from a nanosecond to two hours in buckets of
/// the same relative width, as HdrHistogram has them. What is asked of it is right to 1 part in
/// 128; least, greatest, number and mean are exact.
///
/// Thread: one records, any may ask meanwhile; figures that are asked for one after the other may
/// be of different moments. 37 KiB, all of it taken when it is made.
class histogram {
 public:
  histogram();
  histogram(const histogram&) = delete;

  /// Negative counts as 0; what is longer than `longest` counts as that, and in `exceeding`.
  void record(duration d) noexcept;
  /// Forgets everything. The recording thread's.
  void reset() noexcept;

  std::uint64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }
  std::uint64_t exceeding() const noexcept { return exceeding_.load(std::memory_order_relaxed); }
  /// 0 where nothing was recorded, as all that follow.
  duration min() const noexcept;
  duration max() const noexcept;
  duration mean() const noexcept;
  /// Of all values: exact, but for those that count as `longest`.
  duration sum() const noexcept;
  duration stddev() const noexcept;
  /// The span that `percent` of the values do not exceed. 0 to 100: 99.9 is the longest but for one
  /// in a thousand.
  duration percentile(double percent) const noexcept;
  /// How many values were recorded in `[from, to)`, to the width of a bucket.
  std::uint64_t count_between(duration from, duration to) const noexcept;

  static constexpr duration longest = duration::seconds(7200);

 private:
  using tally = std::atomic<std::uint64_t>;

  std::vector<tally> buckets_;
  tally count_{0};
  tally exceeding_{0};
  tally sum_ns_{0};
  tally min_ns_{UINT64_MAX};
  tally max_ns_{0};
};

}  // namespace rondo::probe
