#include "rondo/os/fd.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <type_traits>
#include <utility>

namespace {

using rondo::os::fd;

fd open_something() {
  return fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

bool is_open(int number) {
  return ::fcntl(number, F_GETFD) >= 0;
}

TEST(fd, closes_what_it_owns) {
  int number = -1;
  {
    const fd f = open_something();
    number = f.get();
    ASSERT_TRUE(f);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(fd, none_is_negative) {
  const fd none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.get(), -1);
  const fd failed(-24);
  EXPECT_FALSE(failed);
}

TEST(fd, moves) {
  static_assert(!std::is_copy_constructible_v<fd>);
  static_assert(!std::is_copy_assignable_v<fd>);
  fd first = open_something();
  const int number = first.get();
  fd second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that it is empty is the contract
  EXPECT_EQ(second.get(), number);

  fd other = open_something();
  const int replaced = other.get();
  other = std::move(second);
  EXPECT_FALSE(is_open(replaced));
  EXPECT_TRUE(is_open(number));

  fd& self = other;
  other = std::move(self);
  EXPECT_TRUE(is_open(number));
}

TEST(fd, releases_and_resets) {
  fd f = open_something();
  const int released = f.release();
  EXPECT_FALSE(f);
  EXPECT_TRUE(is_open(released));
  f.reset(released);
  EXPECT_EQ(f.get(), released);
  f.reset();
  EXPECT_FALSE(is_open(released));
}

}  // namespace
