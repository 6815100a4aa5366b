#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace rondo {

/// A span of time in whole nanoseconds, up to 292 years either way. Anything with `count()` and a
/// `period` converts (all of std::chrono's durations do), so that `5ms` works without this header
/// paying for <chrono>. Sums saturate instead of overflowing: `duration::max()` means "for ever".
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
      : ns_(scaled(d.count(), Chrono::period::num, Chrono::period::den)) {}

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
    return nanoseconds(saturating_add(a.ns_, -b.ns_));
  }
  friend constexpr duration operator*(duration a, std::int64_t n) noexcept {
    return scaled_from(a.ns_, n);
  }
  friend constexpr duration operator/(duration a, std::int64_t n) noexcept {
    return nanoseconds(a.ns_ / n);
  }

  static constexpr std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept {
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(a, b, &sum)) return sum;
    return b > 0 ? std::numeric_limits<std::int64_t>::max()
                 : std::numeric_limits<std::int64_t>::min();
  }

 private:
  static constexpr duration scaled_from(std::int64_t n, std::int64_t factor) noexcept {
    std::int64_t product = 0;
    if (!__builtin_mul_overflow(n, factor, &product)) return nanoseconds(product);
    return nanoseconds((n < 0) == (factor < 0) ? std::numeric_limits<std::int64_t>::max()
                                               : std::numeric_limits<std::int64_t>::min());
  }
  template <class Count>
  static constexpr std::int64_t scaled(Count count, std::int64_t num, std::int64_t den) noexcept {
    constexpr std::int64_t second = 1'000'000'000;
    if constexpr (static_cast<Count>(0.5) != Count{}) {  // a floating-point count
      const double ns = static_cast<double>(count) * static_cast<double>(second) *
                        static_cast<double>(num) / static_cast<double>(den);
      if (ns >= 9.2e18) return std::numeric_limits<std::int64_t>::max();
      if (ns <= -9.2e18) return std::numeric_limits<std::int64_t>::min();
      return static_cast<std::int64_t>(ns);
    } else if (den >= second) {
      return static_cast<std::int64_t>(count) / (den / second) * num;
    } else {
      return scaled_from(static_cast<std::int64_t>(count), second / den * num).ns_;
    }
  }

  std::int64_t ns_ = 0;
};

/// A point on the clock that the loop was given: nanoseconds since that clock's own origin. Points
/// of different clocks do not compare. `instant::never()` is later than all others.
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
    return from_ns(duration::saturating_add(t.ns_, d.count_ns()));
  }
  friend constexpr instant operator-(instant t, duration d) noexcept {
    return from_ns(duration::saturating_add(t.ns_, -d.count_ns()));
  }
  friend constexpr duration operator-(instant a, instant b) noexcept {
    return duration::nanoseconds(duration::saturating_add(a.ns_, -b.ns_));
  }

 private:
  std::int64_t ns_ = 0;
};

}  // namespace rondo
