#include <rondo/http/date.hpp>

#include <gtest/gtest.h>

#include <ctime>
#include <random>
#include <string>

#include "support/seed.hpp"

namespace rondo::http {
namespace {

constexpr std::int64_t example = 784111777;  // the date of RFC 9110, section 5.6.7
constexpr std::int64_t now = 1700000000;     // in 2023

std::string text_of(std::int64_t second) {
  std::array<char, date_size> text{};
  format_date(second, text);
  return {text.data(), text.size()};
}

TEST(HttpDate, WritesTheExampleOfTheRfc) {
  EXPECT_EQ(text_of(example), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(text_of(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(text_of(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(text_of(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(text_of(INT64_MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(text_of(INT64_MIN), "Sat, 01 Jan 0000 00:00:00 GMT");
}

TEST(HttpDate, AgreesWithTheCLibrary) {
  std::mt19937_64 random(testing::seed());
  std::uniform_int_distribution<std::int64_t> second(-62135596800,
                                                     253402300799);  // years 1 to 9999
  for (int round = 0; round < 20000; ++round) {
    const std::time_t when = second(random);
    std::tm parts{};
    ASSERT_NE(gmtime_r(&when, &parts), nullptr);
    char year[16];
    char before[32];
    char after[32];
    std::snprintf(year, sizeof year, "%04d", parts.tm_year + 1900);
    std::strftime(before, sizeof before, "%a, %d %b ", &parts);
    std::strftime(after, sizeof after, " %H:%M:%S GMT", &parts);
    ASSERT_EQ(text_of(when), std::string(before) + year + after);
    ASSERT_EQ(parse_date(text_of(when), now), when);
  }
}

TEST(HttpDate, ReadsThreeForms) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", now), example);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994", now), example);
  EXPECT_EQ(parse_date("Wed Nov 16 08:49:37 1994", now), example + 10 * 86400);
  EXPECT_EQ(parse_date("Sat, 31 Dec 2016 23:59:60 GMT", now), 1483228799);  // a leap second
}

TEST(HttpDate, TakesATwoDigitYearAtMostFiftyYearsAhead) {
  EXPECT_EQ(parse_date("Sunday, 01-Jan-73 00:00:00 GMT", now),
            parse_date("Sun, 01 Jan 2073 00:00:00 GMT", now));
  EXPECT_EQ(parse_date("Sunday, 01-Jan-74 00:00:00 GMT", now),
            parse_date("Sun, 01 Jan 1974 00:00:00 GMT", now));
}

TEST(HttpDate, RefusesTheRest) {
  for (const char* const text : {"",
                                 "0",
                                 "now",
                                 "Sun, 06 Nov 1994 08:49:37",
                                 "Sun, 06 Nov 1994 08:49:37 UTC",
                                 "Sun, 06 nov 1994 08:49:37 GMT",
                                 "sun, 06 Nov 1994 08:49:37 GMT",
                                 "Sun, 6 Nov 1994 08:49:37 GMT",
                                 "Sun, 00 Nov 1994 08:49:37 GMT",
                                 "Sun, 31 Nov 1994 08:49:37 GMT",
                                 "Tue, 29 Feb 1900 00:00:00 GMT",
                                 "Sun, 06 Nov 1994 24:00:00 GMT",
                                 "Sun, 06 Nov 1994 08:60:00 GMT",
                                 "Sun, 06 Nov 1994 08:49:61 GMT",
                                 "Sun, 06 Nov 1994 08:49:37 GMT ",
                                 " Sun, 06 Nov 1994 08:49:37 GMT",
                                 "Sun, 06 Nov 19a4 08:49:37 GMT",
                                 "Sun, 06 Foo 1994 08:49:37 GMT",
                                 "Sun, 06-Nov-94 08:49:37 GMT",
                                 "Sunday, 06-Nov-1994 08:49:37 GMT",
                                 "Sun Nov 6 08:49:37 1994",
                                 "Sun Nov 06 08:49:37 94",
                                 "Sun Nov",
                                 ", , ",
                                 "unM, 06 Nov 1994 08:49:37 GMT"}) {
    EXPECT_EQ(parse_date(text, now), std::nullopt) << text;
  }
}

TEST(HttpDateLine, ChangesWithTheSecond) {
  date_line line;
  line.update(example);
  EXPECT_EQ(line.text(), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  line.update(example);
  EXPECT_EQ(line.text(), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  line.update(example + 1);
  EXPECT_EQ(line.text(), "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n");
}

}  // namespace
}  // namespace rondo::http
