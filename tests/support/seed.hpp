#pragma once

#include <cstdint>

namespace rondo::testing {

/// The seed of this run: RONDO_TEST_SEED, or a random number. It is printed at the start and with
/// every failure; a test that wants randomness derives it from here and from nothing else.
[[nodiscard]] std::uint64_t seed();

}  // namespace rondo::testing
