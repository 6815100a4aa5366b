#include <rondo/http/file_answer.hpp>

#include <gtest/gtest.h>

#include <string>

#include <rondo/http/entity_tag.hpp>
#include <rondo/http/request_parser.hpp>

namespace rondo::http {
namespace {

constexpr std::int64_t modified = 784111777;
const file_facts page{"/srv/index.html", 1000, modified * 1'000'000'000 + 5};
const std::string tag = file_entity_tag(page.modified_ns, page.size);

struct answered {
  file_answer answer;
  std::string head;

  [[nodiscard]] bool says(const std::string& line) const {
    return head.find("\r\n" + line + "\r\n") != std::string::npos;
  }
};

answered ask(const std::string& lines, const std::string& verb = "GET",
             std::int64_t now = modified + 1000) {
  const std::string text = verb + " / HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n";
  request_parser parser;
  request_head request;
  EXPECT_TRUE(parser.parse(text, {}, request).complete()) << text;
  date_line today;
  today.update(now);
  answered out;
  response_head_writer head(out.head);
  out.answer = answer_file(request, page, answer_context(today, now, true), head);
  EXPECT_EQ(head.finish(), out.head.size());
  EXPECT_TRUE(out.head.starts_with("HTTP/1.1 " + std::to_string(out.answer.status)));
  return out;
}

TEST(HttpFileAnswer, GivesAWholeFile) {
  const answered out = ask("");
  EXPECT_EQ(out.answer.status, 200);
  EXPECT_EQ(out.answer.first, 0U);
  EXPECT_EQ(out.answer.size, 1000U);
  EXPECT_TRUE(out.says("Content-Length: 1000"));
  EXPECT_TRUE(out.says("Content-Type: text/html; charset=utf-8"));
  EXPECT_TRUE(out.says("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"));
  EXPECT_TRUE(out.says("ETag: " + tag)) << out.head;
  EXPECT_TRUE(out.says("Accept-Ranges: bytes"));
}

TEST(HttpFileAnswer, GivesOnlyTheHeadForHead) {
  const answered out = ask("Range: bytes=0-9\r\n", "HEAD");
  EXPECT_EQ(out.answer.status, 200);
  EXPECT_EQ(out.answer.size, 0U);
  EXPECT_TRUE(out.says("Content-Length: 1000"));
}

TEST(HttpFileAnswer, GivesAPart) {
  const answered out = ask("Range: bytes=990-\r\n");
  EXPECT_EQ(out.answer.status, 206);
  EXPECT_EQ(out.answer.first, 990U);
  EXPECT_EQ(out.answer.size, 10U);
  EXPECT_TRUE(out.says("Content-Range: bytes 990-999/1000"));
  EXPECT_TRUE(out.says("Content-Length: 10"));
  EXPECT_EQ(ask("Range: bytes=990-\r\nIf-Range: " + tag + "\r\n").answer.status, 206);
  EXPECT_EQ(ask("Range: bytes=990-\r\nIf-Range: \"old\"\r\n").answer.status, 200);
}

TEST(HttpFileAnswer, SaysWhatCanNotBeGiven) {
  const answered out = ask("Range: bytes=1000-\r\n");
  EXPECT_EQ(out.answer.status, 416);
  EXPECT_EQ(out.answer.size, 0U);
  EXPECT_TRUE(out.says("Content-Range: bytes */1000"));
  EXPECT_TRUE(out.says("Content-Length: 0"));
}

TEST(HttpFileAnswer, WeighsConditionsBeforeTheRange) {
  const answered same = ask("If-None-Match: " + tag + "\r\nRange: bytes=0-9\r\n");
  EXPECT_EQ(same.answer.status, 304);
  EXPECT_EQ(same.answer.size, 0U);
  EXPECT_TRUE(same.says("ETag: " + tag));
  EXPECT_EQ(same.head.find("Content-Length"), std::string::npos);
  EXPECT_EQ(ask("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n").answer.status, 304);
  EXPECT_EQ(ask("If-Match: \"old\"\r\nRange: bytes=5000-\r\n").answer.status, 412);
}

TEST(HttpFileAnswer, RefusesToChangeAnything) {
  const answered out = ask("", "DELETE");
  EXPECT_EQ(out.answer.status, 405);
  EXPECT_EQ(out.answer.size, 0U);
  EXPECT_TRUE(out.says("Allow: GET, HEAD"));
}

TEST(HttpFileAnswer, HidesAClockThatRanAhead) {
  EXPECT_TRUE(ask("", "GET", modified - 1).says("Last-Modified: Sun, 06 Nov 1994 08:49:36 GMT"));
}

}  // namespace
}  // namespace rondo::http
