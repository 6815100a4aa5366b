// Who is let in, decided on heads alone.
#include "observe/page_guard.hpp"

#include <gtest/gtest.h>

#include <set>

#include <rondo/http/request_parser.hpp>

namespace rondo::testing {
namespace {

using observe::page_guard;
using verdict = page_guard::verdict;

constexpr std::string_view token = "0123456789abcdef0123456789abcdef";

class page_guard_test : public ::testing::Test {
 public:
  /// What is said of a GET of `target` with these header lines.
  verdict asked(std::string_view lines, std::string_view target = "/") {
    const std::string text =
        "GET " + std::string(target) + " HTTP/1.1\r\n" + std::string(lines) + "\r\n";
    http::request_head head;
    EXPECT_TRUE(http::request_parser().parse(text, http::limits(), head).complete()) << text;
    return guard.judge(head);
  }

  page_guard guard{std::string(token), "127.0.0.1", 4000};
};

const std::string good_cookie = "Cookie: rondo_inspector_4000=" + std::string(token) + "\r\n";

TEST_F(page_guard_test, lets_in_who_has_the_token) {
  const std::string with_token = "/?token=" + std::string(token);
  EXPECT_EQ(asked("Host: 127.0.0.1:4000\r\n", with_token), verdict::allowed_by_url);
  EXPECT_EQ(asked("Host: 127.0.0.1:4000\r\n" + good_cookie), verdict::allowed);
  EXPECT_EQ(asked("Host: 127.0.0.1:4000\r\nCookie: a=b; c; rondo_inspector_4000=" +
                  std::string(token) + "\r\n"),
            verdict::allowed);
  EXPECT_EQ(asked("Host: 127.0.0.1:4000\r\nAuthorization: Bearer " + std::string(token) + "\r\n"),
            verdict::allowed);
}

TEST_F(page_guard_test, sends_everybody_else_away) {
  EXPECT_EQ(asked("Host: 127.0.0.1:4000\r\n"), verdict::no_token);
  EXPECT_EQ(asked("Host: 127.0.0.1:4000\r\n", "/?token="), verdict::no_token);
  EXPECT_EQ(asked("Host: 127.0.0.1:4000\r\n", "/?token=0123456789abcdef0123456789abcdee"),
            verdict::no_token);
  EXPECT_EQ(asked("Host: 127.0.0.1:4000\r\n", "/?token=" + std::string(token) + "0"),
            verdict::no_token);
  EXPECT_EQ(
      asked("Host: 127.0.0.1:4000\r\nCookie: rondo_inspector_4001=" + std::string(token) + "\r\n"),
      verdict::no_token);
  EXPECT_EQ(asked("Host: 127.0.0.1:4000\r\nAuthorization: Basic " + std::string(token) + "\r\n"),
            verdict::no_token);
}

TEST_F(page_guard_test, answers_to_the_names_of_this_machine_only) {
  for (const char* const name : {"127.0.0.1:4000", "localhost:4000", "localhost:9999", "[::1]:4000",
                                 "127.0.0.1", "localhost"}) {
    EXPECT_EQ(asked("Host: " + std::string(name) + "\r\n" + good_cookie), verdict::allowed) << name;
  }
  for (const char* const name : {"example.com", "127.0.0.1.example.com:4000", "localhost.evil:4000",
                                 "192.168.0.1:4000", "0.0.0.0:4000", "[::]:4000"}) {
    EXPECT_EQ(asked("Host: " + std::string(name) + "\r\n" + good_cookie), verdict::wrong_host)
        << name;
  }
}

TEST_F(page_guard_test, is_not_asked_by_other_pages) {
  const std::string head = "Host: localhost:4000\r\n" + good_cookie;
  EXPECT_EQ(asked(head + "Origin: http://localhost:4000\r\n"), verdict::allowed);
  EXPECT_EQ(asked(head + "Origin: http://localhost:4001\r\n"), verdict::wrong_origin);
  EXPECT_EQ(asked(head + "Origin: https://localhost:4000\r\n"), verdict::wrong_origin);
  EXPECT_EQ(asked(head + "Origin: null\r\n"), verdict::wrong_origin);
}

TEST_F(page_guard_test, tells_what_to_click_on) {
  EXPECT_EQ(guard.url(), "http://127.0.0.1:4000/?token=" + std::string(token));
  EXPECT_EQ(page_guard("t", "::1", 5).url(), "http://[::1]:5/?token=t");
}

TEST(page_token, is_another_each_time) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string made = observe::new_token();
    EXPECT_EQ(made.size(), 32u);
    EXPECT_EQ(made.find_first_not_of("0123456789abcdef"), made.npos);
    seen.insert(made);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

}  // namespace
}  // namespace rondo::testing
