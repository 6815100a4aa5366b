#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace rondo {

/// A span of time in whole nanoseconds, up to 292 years either way. Anything with `count()` and a
/// `period` converts (all of std::chrono's durations do), so that `5ms` works without this header
/// paying for <chrono>. What doesn't divide evenly is cut towards zero, as duration_cast does, and
/// not-a-number is no time at all. Nothing overflows, everything saturates: `duration::max()` means
/// "for ever".
class duration {
 public:
  constexpr duration() noexcept = default;

  template <class Chrono>
    requires requires(Chrono d) {
      d.count();
      Chrono::period::num;
      Chrono::period::den;
    }
  constexpr duration(Chrono d) noexcept  // NOLINT(google-explicit-constructor): the point of it
      : ns_(scaled<Chrono::period::num, Chrono::period::den>(d.count())) {}

  static constexpr duration nanoseconds(std::int64_t n) noexcept {
    duration d;
    d.ns_ = n;
    return d;
  }
  static constexpr duration microseconds(std::int64_t n) noexcept { return scaled_from(n, 1'000); }
  static constexpr duration milliseconds(std::int64_t n) noexcept {
    return scaled_from(n, 1'000'000);
  }
  static constexpr duration seconds(std::int64_t n) noexcept {
    return scaled_from(n, 1'000'000'000);
  }
  static constexpr duration max() noexcept {
    return nanoseconds(std::numeric_limits<std::int64_t>::max());
  }

  constexpr std::int64_t count_ns() const noexcept { return ns_; }
  constexpr double count_seconds() const noexcept { return static_cast<double>(ns_) / 1e9; }

  friend constexpr auto operator<=>(duration, duration) noexcept = default;
  friend constexpr duration operator+(duration a, duration b) noexcept {
    return nanoseconds(saturating_add(a.ns_, b.ns_));
  }
  friend constexpr duration operator-(duration a, duration b) noexcept {
    return nanoseconds(saturating_subtract(a.ns_, b.ns_));
  }
  friend constexpr duration operator*(duration a, std::int64_t n) noexcept {
    return scaled_from(a.ns_, n);
  }
  /// `n` is not 0.
  friend constexpr duration operator/(duration a, std::int64_t n) noexcept {
    return n == -1 ? duration() - a : nanoseconds(a.ns_ / n);  // -1: the one that can overflow
  }

  static constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept {
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return b > 0 ? std::numeric_limits<std::int64_t>::max()
                 : std::numeric_limits<std::int64_t>::min();
  }
  static constexpr std::int64_t saturating_subtract(std::int64_t a, std::int64_t b) noexcept {
    std::int64_t difference = 0;
    if (!__builtin_sub_overflow(a, b, &difference)) return difference;
    return b < 0 ? std::numeric_limits<std::int64_t>::max()
                 : std::numeric_limits<std::int64_t>::min();
  }

 private:
  static constexpr duration scaled_from(std::int64_t n, std::int64_t factor) noexcept {
    std::int64_t product = 0;
    if (!__builtin_mul_overflow(n, factor, &product)) return nanoseconds(product);
    return nanoseconds((n < 0) == (factor < 0) ? std::numeric_limits<std::int64_t>::max()
                                               : std::numeric_limits<std::int64_t>::min());
  }
  /// `count` times `Num / Den` seconds, in nanoseconds.
  template <std::int64_t Num, std::int64_t Den, class Count>
  static constexpr std::int64_t scaled(Count count) noexcept {
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t second = 1'000'000'000;
    if constexpr (static_cast<Count>(0.5) != Count{}) {  // a floating-point count
      constexpr double factor =
          static_cast<double>(second) * static_cast<double>(Num) / static_cast<double>(Den);
      if (count != count) return 0;  // NaN; NOLINT(misc-redundant-expression)
      const double ns = static_cast<double>(count) * factor;
      if (ns >= 0x1p63) return greatest;
      if (ns < -0x1p63) return least;
      return static_cast<std::int64_t>(ns);
    } else {
      // A product that overflows even this is, divided by any Den, beyond 64 bits too.
      __extension__ using wide = __int128;
      wide product = 0;
      if (__builtin_mul_overflow(static_cast<wide>(count), wide{second} * Num, &product)) {
        return count < Count{} ? least : greatest;
      }
      const wide ns = product / Den;
      return ns > greatest ? greatest : ns < least ? least : static_cast<std::int64_t>(ns);
    }
  }

  std::int64_t ns_ = 0;
};

/// A point on the clock that the loop was given: nanoseconds since that clock's own origin. Points
/// of different clocks do not compare. `instant::never()` is later than all others, stays what it
/// is whatever is added or taken away, and lies `duration::max()` after any other.
class instant {
 public:
  constexpr instant() noexcept = default;
  static constexpr instant from_ns(std::int64_t ns) noexcept {
    instant t;
    t.ns_ = ns;
    return t;
  }
  static constexpr instant never() noexcept {
    return from_ns(std::numeric_limits<std::int64_t>::max());
  }

  constexpr std::int64_t count_ns() const noexcept { return ns_; }
  constexpr bool is_never() const noexcept { return *this == never(); }

  friend constexpr auto operator<=>(instant, instant) noexcept = default;
  friend constexpr instant operator+(instant t, duration d) noexcept {
    return t.is_never() ? t : from_ns(duration::saturating_add(t.ns_, d.count_ns()));
  }
  friend constexpr instant operator-(instant t, duration d) noexcept {
    return t.is_never() ? t : from_ns(duration::saturating_subtract(t.ns_, d.count_ns()));
  }
  friend constexpr duration operator-(instant a, instant b) noexcept {
    if (a.is_never() && !b.is_never()) return duration::max();
    return duration::nanoseconds(duration::saturating_subtract(a.ns_, b.ns_));
  }

 private:
  std::int64_t ns_ = 0;
};

}  // namespace rondo
