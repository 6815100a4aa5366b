#include "rondo/os/clock.hpp"

#include <gtest/gtest.h>
#include <time.h>

namespace {

using rondo::duration;
using rondo::instant;

TEST(monotonic_clock, is_the_kernels_and_never_goes_back) {
  timespec before = {};
  clock_gettime(CLOCK_MONOTONIC, &before);
  instant last =
      instant::from_ns(static_cast<std::int64_t>(before.tv_sec) * 1'000'000'000 + before.tv_nsec);
  for (int i = 0; i < 1'000; ++i) {
    const instant now = rondo::real_clock().now();
    ASSERT_LE(last, now);
    last = now;
  }
  EXPECT_FALSE(rondo::real_clock().jumps());
  rondo::real_clock().jump_to(last + duration::seconds(2'000));
  EXPECT_LT(rondo::real_clock().now(), last + duration::seconds(1'000));
}

TEST(simulated_clock, moves_only_when_it_is_told) {
  rondo::simulated_clock clock;
  EXPECT_EQ(clock.now(), instant());
  EXPECT_TRUE(clock.jumps());
  clock.jump_to(instant() + duration::seconds(7'200));
  EXPECT_EQ(clock.now(), instant() + duration::seconds(7'200));
  clock.jump_to(instant::from_ns(5));
  EXPECT_EQ(clock.now(), instant() + duration::seconds(7'200)) << "and it never goes back";
}

}  // namespace
