// Buckets whose width is a fixed share of what is in them: within each power of two 128 of equal
// width, and below 256 ns one for each nanosecond. The idea is Gil Tene's HdrHistogram, of which
// Debian 12 packages no version for C or C++ (docs/design/0001-libraries.md).
#include <algorithm>
#include <bit>
#include <cmath>

#include <rondo/probe/histogram.hpp>

namespace rondo::probe {

namespace {

constexpr int parts_bits = 7;
constexpr std::uint64_t parts = 1U << parts_bits;
constexpr auto longest_ns = static_cast<std::uint64_t>(histogram::longest.count_ns());

/// Bucket of a value; its first `parts` buckets, and the second, hold single nanoseconds.
constexpr std::size_t index_of(std::uint64_t ns) noexcept {
  const int shift = std::max(static_cast<int>(std::bit_width(ns)) - parts_bits - 1, 0);
  return static_cast<std::size_t>(shift) * parts + (ns >> shift);
}
/// The least value of a bucket.
constexpr std::uint64_t first_of(std::size_t index) noexcept {
  if (index < 2 * parts) return index;
  const std::size_t shift = index / parts - 1;
  return (index % parts + parts) << shift;
}
constexpr std::uint64_t last_of(std::size_t index) noexcept {
  return first_of(index + 1) - 1;
}

constexpr std::size_t bucket_count = index_of(longest_ns) + 1;
static_assert(first_of(index_of(1'000'000)) <= 1'000'000 &&
              last_of(index_of(1'000'000)) >= 1'000'000);
static_assert(index_of(255) + 1 == index_of(256) && index_of(511) + 1 == index_of(512));

duration span_of(std::uint64_t ns) noexcept {
  return duration::nanoseconds(static_cast<std::int64_t>(ns));
}

/// By the one thread that records.
void add(std::atomic<std::uint64_t>& to, std::uint64_t n) noexcept {
  to.store(to.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

}  // namespace

histogram::histogram() : buckets_(bucket_count) {}

void histogram::record(duration d) noexcept {
  auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(d.count_ns(), 0));
  if (ns > longest_ns) {
    add(exceeding_, 1);
    ns = longest_ns;
  }
  add(buckets_[index_of(ns)], 1);
  add(sum_ns_, ns);
  if (ns < min_ns_.load(std::memory_order_relaxed)) min_ns_.store(ns, std::memory_order_relaxed);
  if (ns > max_ns_.load(std::memory_order_relaxed)) max_ns_.store(ns, std::memory_order_relaxed);
  add(count_, 1);
}

void histogram::reset() noexcept {
  for (tally& each : buckets_) each.store(0, std::memory_order_relaxed);
  for (tally* const each : {&count_, &exceeding_, &sum_ns_, &max_ns_}) {
    each->store(0, std::memory_order_relaxed);
  }
  min_ns_.store(UINT64_MAX, std::memory_order_relaxed);
}

duration histogram::min() const noexcept {
  return count() == 0 ? duration() : span_of(min_ns_.load(std::memory_order_relaxed));
}
duration histogram::max() const noexcept {
  return span_of(max_ns_.load(std::memory_order_relaxed));
}
duration histogram::mean() const noexcept {
  const std::uint64_t n = count();
  return n == 0 ? duration() : span_of(sum_ns_.load(std::memory_order_relaxed) / n);
}

duration histogram::sum() const noexcept {
  return span_of(sum_ns_.load(std::memory_order_relaxed));
}

/// Around the exact mean, each value taken for the middle of its bucket.
duration histogram::stddev() const noexcept {
  const auto centre = static_cast<double>(mean().count_ns());
  double sum = 0;
  double n = 0;
  for (std::size_t i = 0; i < bucket_count; ++i) {
    const auto here = static_cast<double>(buckets_[i].load(std::memory_order_relaxed));
    if (here == 0) continue;
    const double off =
        (static_cast<double>(first_of(i)) + static_cast<double>(last_of(i))) / 2 - centre;
    sum += here * off * off;
    n += here;
  }
  return n == 0 ? duration() : span_of(static_cast<std::uint64_t>(std::sqrt(sum / n)));
}

duration histogram::percentile(double percent) const noexcept {
  std::uint64_t all = 0;  // and not `count()`, which may be older
  for (const tally& each : buckets_) all += each.load(std::memory_order_relaxed);
  if (all == 0) return duration();
  const double share = std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(all);
  const auto wanted = std::max<std::uint64_t>(static_cast<std::uint64_t>(std::ceil(share)), 1);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < bucket_count; ++i) {
    seen += buckets_[i].load(std::memory_order_relaxed);
    if (seen >= wanted) return std::clamp(span_of(last_of(i)), min(), max());
  }
  return max();
}

std::uint64_t histogram::count_between(duration from, duration to) const noexcept {
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < bucket_count; ++i) {
    const duration first = span_of(first_of(i));
    if (first >= from && first < to) found += buckets_[i].load(std::memory_order_relaxed);
  }
  return found;
}

}  // namespace rondo::probe
