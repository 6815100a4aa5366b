#include <rondo/base/version.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace {

TEST(version, is_three_numbers) {
  EXPECT_EQ(std::ranges::count(rondo::version(), '.'), 2);
  EXPECT_TRUE(std::ranges::all_of(rondo::version(),
                                  [](char c) { return c == '.' || (c >= '0' && c <= '9'); }));
}

TEST(version, is_the_one_of_the_build) {
  EXPECT_EQ(rondo::version(), RONDO_PROJECT_VERSION);
}

}  // namespace
