#include <rondo/http/file_answer.hpp>

#include <gtest/gtest.h>

#include <string>

#include <rondo/http/entity_tag.hpp>
#include <rondo/http/request_parser.hpp>

namespace rondo::http {
namespace {

constexpr std::int64_t modified = 784111777;
const os::file_facts page{true, false, 1000, modified * 1'000'000'000 + 5};
const std::string tag = file_entity_tag(page.modified_ns, page.size);

struct answered {
  int status;
  bool has_body;
  std::uint64_t first;
  std::uint64_t size;
  std::string fields;

  [[nodiscard]] bool says(const std::string& line) const {
    return fields.find("\n" + line + "\n") != std::string::npos;
  }
};

answered ask(const std::string& lines, const std::string& verb = "GET",
             std::int64_t now = modified + 1000) {
  const std::string text = verb + " / HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n";
  request_parser parser;
  request_head request;
  EXPECT_TRUE(parser.parse(text, {}, request).complete()) << text;
  const file_answer answer(request, "/srv/index.html", page, now);
  answered out{answer.status(), answer.has_body(), answer.first(), answer.size(), "\n"};
  for (const field& f : answer.fields()) {
    out.fields.append(f.name).append(": ").append(f.value).append("\n");
  }
  return out;
}

TEST(HttpFileAnswer, GivesAWholeFile) {
  const answered out = ask("");
  EXPECT_EQ(out.status, 200);
  EXPECT_EQ(out.first, 0U);
  EXPECT_EQ(out.size, 1000U);
  EXPECT_TRUE(out.says("Content-Type: text/html; charset=utf-8"));
  EXPECT_TRUE(out.says("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"));
  EXPECT_TRUE(out.says("ETag: " + tag)) << out.fields;
  EXPECT_TRUE(out.says("Accept-Ranges: bytes"));
}

TEST(HttpFileAnswer, IgnoresTheRangeOfHead) {
  const answered out = ask("Range: bytes=0-9\r\n", "HEAD");
  EXPECT_EQ(out.status, 200);
  EXPECT_EQ(out.size, 1000U);
}

TEST(HttpFileAnswer, GivesAPart) {
  const answered out = ask("Range: bytes=990-\r\n");
  EXPECT_EQ(out.status, 206);
  EXPECT_EQ(out.first, 990U);
  EXPECT_EQ(out.size, 10U);
  EXPECT_TRUE(out.says("Content-Range: bytes 990-999/1000"));
  EXPECT_EQ(ask("Range: bytes=990-\r\nIf-Range: " + tag + "\r\n").status, 206);
  EXPECT_EQ(ask("Range: bytes=990-\r\nIf-Range: \"old\"\r\n").status, 200);
}

TEST(HttpFileAnswer, SaysWhatCanNotBeGiven) {
  const answered out = ask("Range: bytes=1000-\r\n");
  EXPECT_EQ(out.status, 416);
  EXPECT_FALSE(out.has_body);
  EXPECT_TRUE(out.says("Content-Range: bytes */1000"));
}

TEST(HttpFileAnswer, WeighsConditionsBeforeTheRange) {
  const answered same = ask("If-None-Match: " + tag + "\r\nRange: bytes=0-9\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_FALSE(same.has_body);
  EXPECT_TRUE(same.says("ETag: " + tag));
  EXPECT_FALSE(same.says("Content-Type: text/html; charset=utf-8"));
  EXPECT_EQ(ask("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").status, 304);
  EXPECT_EQ(ask("If-Match: \"old\"\r\nRange: bytes=5000-\r\n").status, 412);
}

TEST(HttpFileAnswer, HidesAClockThatRanAhead) {
  EXPECT_TRUE(ask("", "GET", modified - 1).says("Last-Modified: Sun, 06 Nov 1994 08:49:36 GMT"));
}

}  // namespace
}  // namespace rondo::http
