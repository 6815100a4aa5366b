#include <rondo/http/access_log.hpp>

#include <gtest/gtest.h>

namespace rondo::http {
namespace {

std::string line_of(const access_record& record) {
  std::string log;
  append_access_line(log, record);
  return log;
}

TEST(HttpAccessLog, WritesTheCombinedFormat) {
  access_record record;
  record.peer = "127.0.0.1";
  record.second = 784111777;
  record.method = "GET";
  record.target = "/a?b=c";
  record.status = 200;
  record.body_bytes = 5;
  record.user_agent = "curl/7.88.1";
  EXPECT_EQ(line_of(record),
            "127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] \"GET /a?b=c HTTP/1.1\" 200 5 \"-\" "
            "\"curl/7.88.1\"\n");
}

TEST(HttpAccessLog, HasALineForARequestThatWasNotRead) {
  access_record record;
  record.status = 400;
  EXPECT_EQ(line_of(record), "- - - [01/Jan/1970:00:00:00 +0000] \"-\" 400 0 \"-\" \"-\"\n");
}

TEST(HttpAccessLog, CanNotBeForged) {
  access_record record;
  record.method = "GET";
  record.target = "/\"\n\\\x1b[2J\x7f\xff";
  record.user_agent = std::string_view("a\0\"b", 4);
  const std::string line = line_of(record);
  EXPECT_NE(line.find("GET /\\x22\\x0A\\x5C\\x1B[2J\\x7F\\xFF HTTP/1.1"), std::string::npos)
      << line;
  EXPECT_NE(line.find("\"a\\x00\\x22b\"\n"), std::string::npos) << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

}  // namespace
}  // namespace rondo::http
