#include <rondo/http/conditional.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include <rondo/http/date.hpp>
#include <rondo/http/entity_tag.hpp>
#include <rondo/http/request_parser.hpp>

namespace rondo::http {
namespace {

constexpr std::int64_t now = 1700000000;
constexpr std::int64_t modified = 784111777;
constexpr const char* before = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* same = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* after = "Sun, 06 Nov 1994 08:49:38 GMT";

struct request {
  explicit request(const std::string& lines, const std::string& verb = "GET")
      : text(verb + " / HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n") {
    request_parser parser;
    EXPECT_TRUE(parser.parse(text, {}, head).complete()) << text;
  }
  std::string text;
  request_head head;
};

precondition with(const std::string& lines, const std::string& verb = "GET",
                  validators current = {"\"a\"", modified}) {
  return evaluate_preconditions(request(lines, verb).head, current, now);
}

std::string line(const std::string& name, const std::string& value) {
  return name + ": " + value + "\r\n";
}

TEST(HttpEntityTag, IsReadExactly) {
  EXPECT_EQ(parse_entity_tag("\"a,b\"")->opaque, "a,b");
  EXPECT_FALSE(parse_entity_tag("\"a\"")->weak);
  EXPECT_TRUE(parse_entity_tag("W/\"\"")->weak);
  for (const char* const text : {"", "a", "\"a", "a\"", "w/\"a\"", "W/", "W/a", "\"a\" ", "\"a b\"",
                                 "\"\x7f\"", "\"a\"\"b\""}) {
    EXPECT_FALSE(parse_entity_tag(text)) << text;
  }
}

TEST(HttpEntityTag, ComparesInTwoWays) {
  const entity_tag strong{"1", false};
  const entity_tag weak{"1", true};
  const entity_tag other{"2", false};
  EXPECT_TRUE(strongly_equal(strong, strong));
  EXPECT_FALSE(strongly_equal(strong, weak));
  EXPECT_FALSE(strongly_equal(weak, weak));
  EXPECT_FALSE(strongly_equal(strong, other));
  EXPECT_TRUE(weakly_equal(strong, weak));
  EXPECT_TRUE(weakly_equal(weak, weak));
  EXPECT_FALSE(weakly_equal(weak, other));
}

TEST(HttpEntityTag, NamesAFile) {
  EXPECT_EQ(file_entity_tag(0x123abc, 255), "\"123abc-ff\"");
  EXPECT_EQ(file_entity_tag(-1, UINT64_MAX), "\"ffffffffffffffff-ffffffffffffffff\"");
  EXPECT_TRUE(parse_entity_tag(file_entity_tag(1, 2)));
}

TEST(HttpConditional, ProceedsWithoutConditions) {
  EXPECT_EQ(with(""), precondition::proceed);
}

TEST(HttpConditional, IfNoneMatchComparesWeakly) {
  for (const char* const value : {"\"a\"", "W/\"a\"", "\"b\", \"a\"", "*", ", \"b,c\" ,W/\"a\""}) {
    EXPECT_EQ(with(line("If-None-Match", value)), precondition::not_modified) << value;
    EXPECT_EQ(with(line("If-None-Match", value), "HEAD"), precondition::not_modified) << value;
    EXPECT_EQ(with(line("If-None-Match", value), "PUT"), precondition::failed) << value;
  }
  for (const char* const value : {"\"b\"", "a", "", "\"b\" \"a\"", "\"\""}) {
    EXPECT_EQ(with(line("If-None-Match", value)), precondition::proceed) << value;
  }
  EXPECT_EQ(with(line("If-None-Match", "\"b\"") + line("If-None-Match", "\"a\"")),
            precondition::not_modified);
}

TEST(HttpConditional, IfMatchComparesStrongly) {
  EXPECT_EQ(with(line("If-Match", "\"a\"")), precondition::proceed);
  EXPECT_EQ(with(line("If-Match", "*")), precondition::proceed);
  EXPECT_EQ(with(line("If-Match", "\"b\", \"a\"")), precondition::proceed);
  EXPECT_EQ(with(line("If-Match", "W/\"a\"")), precondition::failed);
  EXPECT_EQ(with(line("If-Match", "\"b\"")), precondition::failed);
  EXPECT_EQ(with(line("If-Match", "nonsense")), precondition::failed);
  EXPECT_EQ(with(line("If-Match", "\"a\""), "GET", {"W/\"a\"", modified}), precondition::failed);
}

TEST(HttpConditional, DatesAreBounds) {
  EXPECT_EQ(with(line("If-Modified-Since", before)), precondition::proceed);
  EXPECT_EQ(with(line("If-Modified-Since", same)), precondition::not_modified);
  EXPECT_EQ(with(line("If-Modified-Since", after)), precondition::not_modified);
  EXPECT_EQ(with(line("If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT")),
            precondition::not_modified);
  EXPECT_EQ(with(line("If-Modified-Since", same), "POST"), precondition::proceed);
  EXPECT_EQ(with(line("If-Modified-Since", "yesterday")), precondition::proceed);
  EXPECT_EQ(with(line("If-Modified-Since", same) + line("If-Modified-Since", same)),
            precondition::proceed);
  EXPECT_EQ(with(line("If-Unmodified-Since", before)), precondition::failed);
  EXPECT_EQ(with(line("If-Unmodified-Since", same)), precondition::proceed);
  EXPECT_EQ(with(line("If-Unmodified-Since", "yesterday")), precondition::proceed);
  EXPECT_EQ(with(line("If-Unmodified-Since", before), "GET", {"\"a\"", std::nullopt}),
            precondition::proceed);
}

TEST(HttpConditional, TagsComeBeforeDates) {
  EXPECT_EQ(with(line("If-None-Match", "\"b\"") + line("If-Modified-Since", after)),
            precondition::proceed);
  EXPECT_EQ(with(line("If-Match", "\"a\"") + line("If-Unmodified-Since", before)),
            precondition::proceed);
  EXPECT_EQ(with(line("If-Match", "\"b\"") + line("If-None-Match", "\"a\"")), precondition::failed);
}

TEST(HttpConditional, IfRangeWantsTheVerySame) {
  const auto holds = [](const std::string& value) {
    return if_range_holds(request(line("If-Range", value)).head, {"\"a\"", modified}, now);
  };
  EXPECT_TRUE(if_range_holds(request("").head, {"\"a\"", modified}, now));
  EXPECT_TRUE(holds("\"a\""));
  EXPECT_TRUE(holds(same));
  for (const char* const value : {"\"b\"", "W/\"a\"", before, after, "*", ""}) {
    EXPECT_FALSE(holds(value)) << value;
  }
}

}  // namespace
}  // namespace rondo::http
