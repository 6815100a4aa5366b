#pragma once

#include <chrono>
#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace rondo::probe {

/// Nanoseconds of CLOCK_MONOTONIC, which is what `real_clock()` counts.
inline std::int64_t monotonic_ns() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// Whether the processor counts at a constant rate, the same on all cores, whatever they do
/// (Intel's manual, volume 3, "Invariant TSC"; AMD has it at the same place): then reading that
/// count is a third of the price of the clock.
inline bool can_count_cycles() noexcept {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x8000'0007U, &a, &b, &c, &d) != 0 && (d & (1U << 8)) != 0;
#else
  return false;
#endif
}

/// Cycles where `counts_cycles`, and nanoseconds otherwise.
inline std::uint64_t read_ticks(bool counts_cycles) noexcept {
#if defined(__x86_64__)
  if (counts_cycles) return __builtin_ia32_rdtsc();
#endif
  static_cast<void>(counts_cycles);
  return static_cast<std::uint64_t>(monotonic_ns());
}

/// The two clocks at one moment: of two such pairs follows the time of every tick between them.
struct clock_pair {
  explicit clock_pair(bool counts_cycles) noexcept
      : ticks(read_ticks(counts_cycles)), ns(monotonic_ns()) {}

  std::uint64_t ticks;
  std::int64_t ns;
};

}  // namespace rondo::probe
