#include "rondo/os/address.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace {

using namespace std::string_view_literals;
using rondo::errc;
using rondo::socket_address;

TEST(address, none_is_empty) {
  const socket_address none;
  EXPECT_EQ(none.size(), 0U);
  EXPECT_EQ(none.port(), 0);
  EXPECT_FALSE(none.is_v6());
  EXPECT_EQ(none.host(), "");
  EXPECT_EQ(none, socket_address());
}

struct good_address {
  std::string_view text;
  std::string_view host;
  std::uint16_t port;
  bool v6;
};

TEST(address, parses_what_is_right) {
  const good_address table[] = {
      {"127.0.0.1:80", "127.0.0.1", 80, false},
      {"255.255.255.255:65535", "255.255.255.255", 65535, false},
      {"1.2.3.4:0", "1.2.3.4", 0, false},
      {"1.2.3.4:0080", "1.2.3.4", 80, false},
      {":8080", "0.0.0.0", 8080, false},
      {"*:8080", "::", 8080, true},
      {"[::1]:443", "::1", 443, true},
      {"[::]:0", "::", 0, true},
      {"[2001:DB8:0:0:0:0:0:1]:1", "2001:db8::1", 1, true},
      {"[::ffff:1.2.3.4]:5", "::ffff:1.2.3.4", 5, true},
      {"[fe80::1%7]:80", "fe80::1%7", 80, true},
      {"[fe80::1%lo]:80", "fe80::1%1", 80, true},
      {"[ff02::1%4294967295]:80", "ff02::1%4294967295", 80, true},
  };
  for (const good_address& good : table) {
    const auto address = socket_address::parse(good.text);
    ASSERT_TRUE(address) << address.error().what();
    EXPECT_EQ(address->host(), good.host);
    EXPECT_EQ(address->port(), good.port);
    EXPECT_EQ(address->is_v6(), good.v6);
    EXPECT_EQ(address->size(), good.v6 ? 28U : 16U);
    const auto again = socket_address::parse(address->to_string());
    ASSERT_TRUE(again) << address->to_string();
    EXPECT_EQ(*again, *address) << address->to_string();
  }
}

TEST(address, refuses_what_is_wrong) {
  constexpr std::string_view table[] = {
      "",
      ":",
      "*",
      "127.0.0.1",
      "127.0.0.1:",
      "127.0.0.1:65536",
      "127.0.0.1:99999999999999999999",
      "127.0.0.1:-1",
      "127.0.0.1:+1",
      "127.0.0.1:0x50",
      "127.0.0.1:80 ",
      "127.0.0.1: 80",
      " 127.0.0.1:80",
      "127.0.0.1 :80",
      "127.0.0.1:80/",
      "127.0.0.1:http",
      "127.1:80",
      "127.0.0.01:80",
      "127.0.0.256:80",
      "1.2.3.4.5:80",
      "2130706433:80",
      "localhost:80",
      "**:80",
      "::1",
      "::1:80",
      "::",
      "[]:80",
      "[:80",
      "]:80",
      "[::1:80",
      "::1]:80",
      "[::1]",
      "[::1]:",
      "[::1]80",
      "[[::1]]:80",
      "[127.0.0.1]:80",
      "[:::1]:80",
      "[12345::]:80",
      "[1:2:3:4:5:6:7:8:9]:80",
      "[ ::1]:80",
      "[fe80::1%]:80",
      "[fe80::1%0]:80",
      "[fe80::1%-1]:80",
      "[fe80::1%4294967296]:80",
      "[fe80::1%no-such-interface]:80",
      "[fe80::1%lo%lo]:80",
      "[::1%lo]:80",
      "[2001:db8::1%1]:80",
      "127.0.0.1%lo:80",
      "127.0.0.1\0:80"sv,
      "127.0.0.1\0.example:80"sv,
      "127.0.0.1:80\0"sv,
      "[::1\0]:80"sv,
      "[fe80::1%lo\0x]:80"sv,
      "\0:80"sv,
  };
  for (const std::string_view bad : table) {
    const auto address = socket_address::parse(bad);
    ASSERT_FALSE(address) << bad << " became " << address->to_string();
    EXPECT_EQ(address.error().code(), errc::invalid_argument);
    EXPECT_NE(std::string_view(address.error().what()).find("expected"), std::string_view::npos);
  }
}

TEST(address, from_host_takes_a_bare_address) {
  EXPECT_EQ(socket_address::from_host("::1", 80)->to_string(), "[::1]:80");
  EXPECT_EQ(socket_address::from_host("10.0.0.1", 80)->to_string(), "10.0.0.1:80");
  EXPECT_EQ(socket_address::from_host("fe80::1%3", 80)->to_string(), "[fe80::1%3]:80");
  constexpr std::string_view table[] = {
      "", "*", "[::1]", "::1 ", "localhost", "127.0.0.1:80", "127.0.0.1\0"sv, "::1\0"sv, "\0"sv};
  for (const std::string_view bad : table) {
    const auto address = socket_address::from_host(bad, 80);
    ASSERT_FALSE(address) << bad;
    EXPECT_EQ(address.error().code(), errc::invalid_argument);
  }
}

TEST(address, compares_everything_that_distinguishes) {
  const auto parse = [](std::string_view text) { return socket_address::parse(text).value(); };
  EXPECT_EQ(parse("1.2.3.4:5"), parse("1.2.3.4:5"));
  EXPECT_NE(parse("1.2.3.4:5"), parse("1.2.3.4:6"));
  EXPECT_NE(parse("1.2.3.4:5"), parse("1.2.3.5:5"));
  EXPECT_NE(parse("0.0.0.0:5"), parse("[::]:5"));
  EXPECT_NE(parse("[fe80::1%1]:5"), parse("[fe80::1%2]:5"));
  EXPECT_NE(parse("0.0.0.0:0"), socket_address());
}

TEST(address, is_copied_from_the_bytes_of_the_system) {
  for (const std::string_view text : {"192.0.2.1:80"sv, "[fe80::1%7]:443"sv}) {
    const auto original = socket_address::parse(text);
    ASSERT_TRUE(original);
    const auto copy = socket_address::from_bytes(original->data(), original->size());
    ASSERT_TRUE(copy);
    EXPECT_EQ(*copy, *original);
    EXPECT_FALSE(socket_address::from_bytes(original->data(), original->size() - 1));
    EXPECT_EQ(original->with_port(9).to_string(),
              std::string(text.substr(0, text.rfind(':'))) + ":9");
    EXPECT_EQ(original->with_port(9).with_port(original->port()), *original);
  }
  EXPECT_FALSE(socket_address::from_bytes("", 0));
  const unsigned char unix_domain[28] = {1};
  EXPECT_EQ(socket_address::from_bytes(unix_domain, sizeof unix_domain).error().code(),
            errc::not_supported);
}

}  // namespace
