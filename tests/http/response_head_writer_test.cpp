#include <rondo/http/response_head_writer.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

#include <rondo/http/status.hpp>

namespace rondo::http {
namespace {

TEST(HttpResponseHeadWriter, WritesAHead) {
  std::array<char, 256> buffer{};
  date_line today;
  today.update(784111777);
  response_head_writer head(buffer);
  head.status(200);
  head.date(today);
  head.field(field_literal("Content-Type: text/plain"));
  head.field("ETag", "\"a\"");
  head.field("Age", 12);
  head.content_length(5);
  const std::size_t size = head.finish();
  EXPECT_EQ(std::string_view(buffer.data(), size),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/plain\r\n"
            "ETag: \"a\"\r\nAge: 12\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(head.error(), write_error::none);
}

std::string head_of(int status) {
  std::string text;
  response_head_writer head(text);
  head.status(status);
  const std::size_t size = head.finish();  // it shortens `text`
  EXPECT_EQ(size, text.size());
  return text;
}

TEST(HttpResponseHeadWriter, WritesStatusLines) {
  EXPECT_EQ(head_of(404), "HTTP/1.1 404 Not Found\r\n\r\n");
  EXPECT_EQ(head_of(100), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(head_of(299), "HTTP/1.1 299 \r\n\r\n");
  EXPECT_EQ(head_of(99), "");
  EXPECT_EQ(head_of(1000), "");
}

TEST(HttpResponseHeadWriter, BeginsWithOneStatusLine) {
  std::string text = "kept";
  response_head_writer late(text);
  late.content_length(1);
  EXPECT_EQ(late.finish(), 0U);
  EXPECT_EQ(late.error(), write_error::bad_status);
  response_head_writer twice(text);
  twice.status(200);
  twice.status(200);
  EXPECT_EQ(twice.finish(), 0U);
  EXPECT_EQ(twice.error(), write_error::bad_status);
  EXPECT_EQ(text, "kept");
}

TEST(HttpResponseHeadWriter, SaysWhatTheVersionDoesNotSay) {
  const auto line = [](bool keep_alive, int minor_version) {
    std::string text;
    response_head_writer head(text);
    head.status(200);
    head.connection(keep_alive, minor_version);
    EXPECT_NE(head.finish(), 0U);
    return text.substr(17, text.size() - 19);
  };
  EXPECT_EQ(line(true, 1), "");
  EXPECT_EQ(line(false, 1), "Connection: close\r\n");
  EXPECT_EQ(line(true, 0), "Connection: keep-alive\r\n");
  EXPECT_EQ(line(false, 0), "Connection: close\r\n");
}

TEST(HttpResponseHeadWriter, CanNotBeInjected) {
  for (int c = 0; c < 256; ++c) {
    for (const std::size_t length : {1U, 40U}) {
      std::string value(length, 'v');
      value[length / 2] = static_cast<char>(c);
      std::string text = "kept";
      response_head_writer head(text);
      head.status(200);
      head.field("A", value);
      const bool control = (c < ' ' && c != '\t') || c == 0x7f;
      EXPECT_EQ(head.error(), control ? write_error::bad_field : write_error::none) << c;
      head.content_length(1);
      EXPECT_EQ(head.finish() == 0, control);
      EXPECT_EQ(text == "kept", control) << c;
    }
  }
  for (const char* const name : {"", "a b", "a:", "a\r\nb", "a\n"}) {
    std::string text;
    response_head_writer head(text);
    head.status(200);
    head.field(name, "v");
    EXPECT_EQ(head.error(), write_error::bad_field) << name;
  }
}

TEST(HttpResponseHeadWriter, NeverLeavesItsSpan) {
  const std::string whole =
      "HTTP/1.1 404 Not Found\r\nA: bcd\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    std::string buffer(size + 8, '#');
    response_head_writer head(std::span(buffer.data(), size));
    head.status(404);
    head.field("A", "bcd");
    head.chunked();
    const std::size_t written = head.finish();
    EXPECT_EQ(written, size == whole.size() ? whole.size() : 0U);
    EXPECT_EQ(head.error(), size == whole.size() ? write_error::none : write_error::no_room);
    EXPECT_EQ(buffer.substr(size), "########");
  }
}

TEST(HttpResponseHeadWriter, GrowsItsString) {
  std::string text = "before";
  response_head_writer head(text);
  head.status(200);
  for (int i = 0; i < 100; ++i) head.field("Name", std::string(100, 'v'));
  const std::size_t size = head.finish();
  EXPECT_EQ(size, 17U + 100U * 108U + 2U);
  EXPECT_EQ(text.size(), 6U + size);
  EXPECT_TRUE(text.starts_with("beforeHTTP/1.1 200 OK\r\nName: vvv"));
  EXPECT_TRUE(text.ends_with("vvv\r\n\r\n"));
}

TEST(HttpStatus, KnowsWhichResponsesHaveNoBody) {
  EXPECT_TRUE(is_bodiless(100));
  EXPECT_TRUE(is_bodiless(204));
  EXPECT_TRUE(is_bodiless(304));
  EXPECT_FALSE(is_bodiless(200));
  EXPECT_FALSE(is_bodiless(404));
  EXPECT_EQ(reason_phrase(431), "Request Header Fields Too Large");
  EXPECT_EQ(reason_phrase(599), "");
}

}  // namespace
}  // namespace rondo::http
