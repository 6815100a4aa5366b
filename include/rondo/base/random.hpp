#pragma once

#include <cstdint>

namespace rondo {

/// A small generator of random numbers, seeded by whoever hands it in: the same seed, the same
/// numbers, on every machine. SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", 2014): 8 bytes, any seed is good. Not for secrets. Not thread-safe.
class random_source {
 public:
  explicit constexpr random_source(std::uint64_t seed) noexcept : state_(seed) {}

  constexpr std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  /// From 0 to `bound` - 1, each as likely as any other but for 1 in 2^64 / `bound`. `bound` is not
  /// 0.
  constexpr std::uint64_t below(std::uint64_t bound) noexcept {
    __extension__ using wide = unsigned __int128;
    return static_cast<std::uint64_t>((wide{next()} * bound) >> 64U);
  }

 private:
  std::uint64_t state_;
};

}  // namespace rondo
