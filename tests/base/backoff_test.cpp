#include <gtest/gtest.h>

#include <rondo/base/backoff.hpp>

TEST(backoff, doubles_up_to_the_longest) {
  using rondo::duration;
  rondo::backoff pause(duration::milliseconds(2), duration::milliseconds(7));
  EXPECT_EQ(pause.next(), duration::milliseconds(2));
  EXPECT_EQ(pause.next(), duration::milliseconds(4));
  EXPECT_EQ(pause.next(), duration::milliseconds(7));
  EXPECT_EQ(pause.next(), duration::milliseconds(7));
}
