// Tests that leak and must be caught, and one that doesn't and must not be.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/leaks.hpp"

namespace {

std::size_t live = 0;
const bool counted = rondo::testing::register_counter("live things", [] { return live; });
const int standing = dup(STDIN_FILENO);

TEST(leak_watch, catches_an_open_descriptor) {
  EXPECT_GE(open("/dev/null", O_RDONLY), 0);
}

TEST(leak_watch, catches_a_descriptor_closed_for_another) {
  EXPECT_EQ(close(standing), 0);
}

TEST(leak_watch, catches_a_registered_counter) {
  live += counted ? 1 : 0;
}

TEST(leak_watch, lets_a_clean_test_pass) {
  const int fd = open("/dev/null", O_RDONLY);
  EXPECT_EQ(close(fd), 0);
}

}  // namespace
