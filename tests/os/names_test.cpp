#include "rondo/os/names.hpp"

#include <gtest/gtest.h>

namespace {

using rondo::address_family;
using rondo::errc;
using rondo::os::look_up_host;

TEST(names, are_looked_up_by_family) {
  const auto found = look_up_host("127.0.0.1", address_family::v4);
  ASSERT_TRUE(found) << found.error().what();
  ASSERT_EQ(found->size(), 1u) << "each once";
  EXPECT_EQ(found->front().to_string(), "127.0.0.1:0");
  EXPECT_STREQ(to_string(address_family::v6), "IPv6");
}

TEST(names, that_can_not_be_say_so) {
  const auto found = look_up_host("::1", address_family::v4);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), errc::not_found);
  const std::string why = found.error().what();
  EXPECT_TRUE(why.starts_with("look up ::1: ")) << why;
}

}  // namespace
