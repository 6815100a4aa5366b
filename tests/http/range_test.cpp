#include <rondo/http/range.hpp>

#include <gtest/gtest.h>

namespace rondo::http {
namespace {

void expect_part(std::string_view value, std::uint64_t first, std::uint64_t size) {
  const selected_range range = select_range(value, 1000);
  EXPECT_EQ(range.kind, range_kind::part) << value;
  EXPECT_EQ(range.first, first) << value;
  EXPECT_EQ(range.size, size) << value;
}

TEST(HttpRange, SelectsOnePart) {
  expect_part("bytes=0-0", 0, 1);
  expect_part("bytes=0-99", 0, 100);
  expect_part("Bytes= 100-199 ", 100, 100);
  expect_part("bytes=900-", 900, 100);
  expect_part("bytes=999-", 999, 1);
  expect_part("bytes=900-5000", 900, 100);
  expect_part("bytes=0-99999999999999999999999999", 0, 1000);
  expect_part("bytes=0-18446744073709551615", 0, 1000);
  expect_part("bytes=-1", 999, 1);
  expect_part("bytes=-1000", 0, 1000);
  expect_part("bytes=-99999999999999999999999999", 0, 1000);
}

TEST(HttpRange, KnowsWhatCanNotBeSatisfied) {
  for (const char* const value :
       {"bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=99999999999999999999999999-"}) {
    EXPECT_EQ(select_range(value, 1000).kind, range_kind::unsatisfiable) << value;
  }
  EXPECT_EQ(select_range("bytes=0-", 0).kind, range_kind::unsatisfiable);
  EXPECT_EQ(select_range("bytes=-5", 0).kind, range_kind::unsatisfiable);
}

TEST(HttpRange, AnswersTheRestWithTheWhole) {
  for (const char* const value :
       {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5", "bytes=5-4", "bytes=0-0,5-6",
        "bytes=1-2-3", "lines=0-1", "bytes 0-1", "bytes=+1-2", "bytes=0 -1", "bytes=0- 1"}) {
    const selected_range range = select_range(value, 1000);
    EXPECT_EQ(range.kind, range_kind::whole) << value;
    EXPECT_EQ(range.first, 0U);
    EXPECT_EQ(range.size, 1000U);
  }
}

TEST(HttpRange, IsWrittenDown) {
  EXPECT_EQ(content_range(select_range("bytes=0-99", 1000), 1000), "bytes 0-99/1000");
  EXPECT_EQ(content_range(select_range("bytes=1000-", 1000), 1000), "bytes */1000");
}

}  // namespace
}  // namespace rondo::http
