#include "rondo/base/error.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <type_traits>

#include "rondo/base/result.hpp"

namespace {

using rondo::errc;
using rondo::error;

TEST(error, says_what_it_was_told) {
  const error e(errc::connection_reset, "read from 127.0.0.1:1: reset", 104);
  EXPECT_EQ(e.code(), errc::connection_reset);
  EXPECT_EQ(e.native(), 104);
  EXPECT_STREQ(e.what(), "read from 127.0.0.1:1: reset");
  EXPECT_EQ(error(errc::closed, "x").native(), 0);
}

TEST(error, shares_its_text_with_its_copies) {
  static_assert(std::is_nothrow_copy_constructible_v<error>);
  const error e(errc::other, std::string(1000, 'x'));
  const error copy = e;  // NOLINT(performance-unnecessary-copy-initialization): the point of it
  EXPECT_EQ(copy.what(), e.what()) << "the same address";
}

TEST(errc, every_code_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(errc::other); ++i) {
    const std::string name = rondo::to_string(static_cast<errc>(i));
    EXPECT_NE(name, "unknown") << i;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_STREQ(rondo::to_string(errc::ok), "ok");
  EXPECT_STREQ(rondo::to_string(errc::end_of_stream), "end_of_stream");
  EXPECT_STREQ(rondo::to_string(errc::too_many_processes), "too_many_processes");
  EXPECT_STREQ(rondo::to_string(errc::io_failed), "io_failed");
  EXPECT_STREQ(rondo::to_string(errc::other), "other");
  EXPECT_STREQ(rondo::to_string(static_cast<errc>(static_cast<int>(errc::other) + 1)), "unknown");
}

TEST(result, is_a_value_or_an_error) {
  const rondo::result<int> value = 5;
  EXPECT_EQ(value.value(), 5);
  const rondo::result<> failure = std::unexpected(error(errc::timed_out, "too late"));
  ASSERT_FALSE(failure);
  EXPECT_EQ(failure.error().code(), errc::timed_out);
}

}  // namespace
