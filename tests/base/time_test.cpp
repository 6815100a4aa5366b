#include "rondo/base/time.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>

namespace {

using rondo::duration;
using rondo::instant;
using namespace std::chrono_literals;

constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();

template <class Rep, class Period>
constexpr std::int64_t ns_of(std::chrono::duration<Rep, Period> d) {
  return duration(d).count_ns();
}

TEST(duration, takes_the_durations_of_chrono) {
  static_assert(ns_of(7ns) == 7);
  static_assert(ns_of(5us) == 5'000);
  static_assert(ns_of(5ms) == 5'000'000);
  static_assert(ns_of(-5ms) == -5'000'000);
  static_assert(ns_of(2s) == 2'000'000'000);
  static_assert(ns_of(3min) == 180'000'000'000);
  static_assert(ns_of(1h) == 3'600'000'000'000);
  static_assert(ns_of(std::chrono::days(1)) == 86'400'000'000'000);
  static_assert(ns_of(std::chrono::years(1)) == 31'556'952'000'000'000);
  static_assert(ns_of(std::chrono::duration<unsigned char, std::milli>(255)) == 255'000'000);
}

TEST(duration, takes_floating_point_counts) {
  static_assert(ns_of(1.5s) == 1'500'000'000);
  static_assert(ns_of(std::chrono::duration<float, std::milli>(-0.5F)) == -500'000);
  static_assert(ns_of(std::chrono::duration<long double>(0.25L)) == 250'000'000);
  static_assert(ns_of(std::chrono::duration<double, std::nano>(0.9)) == 0);
  static_assert(ns_of(std::chrono::duration<double, std::nano>(-0.9)) == 0);
}

TEST(duration, takes_periods_that_do_not_divide_a_second) {
  using frames = std::chrono::duration<int, std::ratio<1, 60>>;
  static_assert(ns_of(frames(60)) == 1'000'000'000);
  static_assert(ns_of(frames(1)) == 16'666'666);
  static_assert(ns_of(frames(-1)) == -16'666'666);
  using ticks = std::chrono::duration<std::int64_t, std::ratio<1, 32'768>>;
  static_assert(ns_of(ticks(32'768 * 5)) == 5'000'000'000);
  static_assert(ns_of(std::chrono::duration<std::int64_t, std::pico>(1'999)) == 1);
  using thirds = std::chrono::duration<int, std::ratio<3, 10'000'000'000>>;  // of 0.1 ns
  static_assert(ns_of(thirds(5)) == 1);
  static_assert(ns_of(thirds(10)) == 3);
}

TEST(duration, saturates_where_a_conversion_does_not_fit) {
  static_assert(ns_of(std::chrono::hours::max()) == greatest);
  static_assert(ns_of(std::chrono::hours::min()) == least);
  static_assert(ns_of(std::chrono::nanoseconds::max()) == greatest);
  static_assert(ns_of(std::chrono::nanoseconds::min()) == least);
  static_assert(ns_of(std::chrono::duration<std::int64_t, std::exa>(1)) == greatest);
  static_assert(ns_of(std::chrono::duration<std::int64_t, std::exa>(greatest)) == greatest);
  static_assert(ns_of(std::chrono::duration<std::int64_t, std::exa>(least)) == least);
  using unsigned_ms = std::chrono::duration<std::uint64_t, std::milli>;
  static_assert(ns_of(unsigned_ms(std::numeric_limits<std::uint64_t>::max())) == greatest);
  EXPECT_EQ(ns_of(std::chrono::duration<double>(1e300)), greatest);
  EXPECT_EQ(ns_of(std::chrono::duration<double>(-1e300)), least);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  static_assert(ns_of(std::chrono::duration<double>(infinity)) == greatest);
  static_assert(ns_of(std::chrono::duration<double>(-infinity)) == least);
  static_assert(ns_of(std::chrono::duration<double, std::nano>(0x1p63)) == greatest);
  static_assert(ns_of(std::chrono::duration<double, std::nano>(-0x1p63)) == least);
  static_assert(ns_of(std::chrono::duration<double, std::nano>(0x1p62)) == std::int64_t{1} << 62);
  constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(ns_of(std::chrono::duration<double>(nothing)), 0);
}

TEST(duration, has_factories_that_saturate) {
  static_assert(duration::microseconds(3).count_ns() == 3'000);
  static_assert(duration::milliseconds(3).count_ns() == 3'000'000);
  static_assert(duration::seconds(-3).count_ns() == -3'000'000'000);
  static_assert(duration::seconds(greatest) == duration::max());
  static_assert(duration::seconds(least).count_ns() == least);
  EXPECT_DOUBLE_EQ(duration(1500ms).count_seconds(), 1.5);
}

TEST(duration, computes_without_overflow) {
  constexpr duration minimum = duration::nanoseconds(least);
  static_assert(duration(2s) + 3s == 5s);
  static_assert(duration(2s) - 3s == -1s);
  static_assert(duration(2s) * 3 == 6s);
  static_assert(duration(7ns) / -2 == duration(-3ns));
  static_assert(duration::max() + 1ns == duration::max());
  static_assert(minimum + -1ns == minimum);
  static_assert(minimum - 1ns == minimum);
  static_assert(duration() - minimum == duration::max());
  static_assert(duration(-1ns) - minimum == duration::max());
  static_assert(duration(-2ns) - minimum == duration::nanoseconds(greatest - 1));
  static_assert(duration::max() * 2 == duration::max());
  static_assert(duration::max() * -2 == minimum);
  static_assert(minimum * -1 == duration::max());
  static_assert(minimum / -1 == duration::max());
  static_assert(minimum / 1 == minimum);
}

TEST(duration, is_ordered) {
  static_assert(duration(999us) < 1ms);
  static_assert(duration(1000us) == 1ms);
  static_assert(duration() > -1ns);
}

TEST(instant, moves_by_durations) {
  constexpr instant t = instant::from_ns(100);
  static_assert((t + 5ns).count_ns() == 105);
  static_assert((t - 5ns).count_ns() == 95);
  static_assert(t - instant::from_ns(40) == 60ns);
  static_assert(instant::from_ns(40) - t == -60ns);
  static_assert(t < t + 1ns);
}

TEST(instant, saturates) {
  constexpr duration minimum = duration::nanoseconds(least);
  static_assert((instant::from_ns(1) + duration::max()).is_never());
  static_assert((instant::from_ns(0) - minimum).is_never());
  static_assert((instant::from_ns(-2) + minimum).count_ns() == least);
  static_assert(instant::from_ns(1) - instant::from_ns(least) == duration::max());
  static_assert(instant::from_ns(-2) - instant::from_ns(greatest - 1) == minimum);
}

TEST(instant, never_stays_never) {
  static_assert(instant::never().is_never());
  static_assert((instant::never() - 1h).is_never());
  static_assert((instant::never() + -1h).is_never());
  static_assert(instant::never() - instant::from_ns(5) == duration::max());
  static_assert(instant::never() - instant::never() == duration());
  static_assert(instant::from_ns(greatest - 1) < instant::never());
}

}  // namespace
