// Dates of the Gregorian calendar, from and to seconds, without the C library: gmtime() and
// strptime() know locales and time zones, and none of that belongs here.
#include <rondo/http/date.hpp>

#include <algorithm>
#include <cstring>

#include "text.hpp"

namespace rondo::http {
namespace {

constexpr std::int64_t seconds_a_day = 86400;
constexpr std::string_view weekdays = "SunMonTueWedThuFriSat";
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct civil_date {
  std::int64_t year;
  int month;  // 1 to 12
  int day;    // 1 to 31
};

// The calendar repeats every 400 years of 146,097 days. Counted from a first of March, a leap day
// is the last day of its year, and the months before it follow a pattern of 153 days in five.
constexpr std::int64_t days_an_era = 146097;
constexpr std::int64_t days_to_1970 = 719468;  // from 0000-03-01

constexpr std::int64_t days_from(civil_date date) noexcept {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month_from_march = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * days_an_era + day_of_era - days_to_1970;
}

constexpr civil_date date_of(std::int64_t days) noexcept {
  days += days_to_1970;
  const std::int64_t era = (days >= 0 ? days : days - days_an_era + 1) / days_an_era;
  const std::int64_t day_of_era = days - era * days_an_era;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  const auto month =
      static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

constexpr std::int64_t first_second = days_from({0, 1, 1}) * seconds_a_day;
constexpr std::int64_t last_second = days_from({10000, 1, 1}) * seconds_a_day - 1;

void put_digits(char* out, std::int64_t number, int digits) noexcept {
  while (digits-- > 0) {
    out[digits] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
}

bool is_leap(std::int64_t year) noexcept {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

// Takes a date apart from left to right; the first thing that does not fit spoils the rest.
class date_reader {
 public:
  explicit date_reader(std::string_view text) noexcept : rest_(text) {}

  void literal(std::string_view text) noexcept {
    good_ = good_ && rest_.starts_with(text);
    if (good_) rest_.remove_prefix(text.size());
  }
  int number(std::size_t digits) noexcept {
    int value = 0;
    good_ = good_ && rest_.size() >= digits;
    for (std::size_t i = 0; i < digits && good_; ++i) {
      good_ = is_digit(rest_[i]);
      value = value * 10 + (rest_[i] - '0');
    }
    if (good_) rest_.remove_prefix(digits);
    return value;
  }
  // A three-letter name of the list; its place, counted from 0.
  int name(std::string_view list) noexcept {
    std::size_t place = 0;
    good_ = good_ && rest_.size() >= 3;
    while (good_ && list.substr(place, 3) != rest_.substr(0, 3)) {
      place += 3;
      good_ = place != list.size();
    }
    if (good_) rest_.remove_prefix(3);
    return static_cast<int>(place / 3);
  }
  void clock() noexcept {
    hour_ = number(2);
    literal(":");
    minute_ = number(2);
    literal(":");
    second_ = number(2);
  }
  [[nodiscard]] std::optional<std::int64_t> end(civil_date date) const noexcept {
    static constexpr int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!good_ || !rest_.empty() || date.day < 1) return std::nullopt;
    const int leap_day = date.month == 2 && is_leap(date.year) ? 1 : 0;
    if (date.day > lengths[date.month - 1] + leap_day) return std::nullopt;
    if (hour_ > 23 || minute_ > 59 || second_ > 60) return std::nullopt;  // 60: a leap second
    return days_from(date) * seconds_a_day + hour_ * 3600 + minute_ * 60 + std::min(second_, 59);
  }

 private:
  std::string_view rest_;
  bool good_ = true;
  int hour_ = 0;
  int minute_ = 0;
  int second_ = 0;
};

std::optional<std::int64_t> parse_fixdate(std::string_view text) noexcept {
  date_reader in(text);  // Sun, 06 Nov 1994 08:49:37 GMT
  civil_date date{};
  in.name(weekdays);
  in.literal(", ");
  date.day = in.number(2);
  in.literal(" ");
  date.month = in.name(months) + 1;
  in.literal(" ");
  date.year = in.number(4);
  in.literal(" ");
  in.clock();
  in.literal(" GMT");
  return in.end(date);
}

std::optional<std::int64_t> parse_rfc850(std::string_view text, std::int64_t now_second) noexcept {
  const std::size_t comma = text.find(',');  // Sunday, 06-Nov-94 08:49:37 GMT
  bool known = false;
  for (const std::string_view day :
       {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}) {
    known = known || text.substr(0, comma) == day;
  }
  if (!known || comma == std::string_view::npos) return std::nullopt;
  date_reader in(text.substr(comma));
  civil_date date{};
  in.literal(", ");
  date.day = in.number(2);
  in.literal("-");
  date.month = in.name(months) + 1;
  in.literal("-");
  const int two_digits = in.number(2);
  in.literal(" ");
  in.clock();
  in.literal(" GMT");
  const std::int64_t now = std::clamp(now_second, first_second, last_second);
  const std::int64_t this_year = date_of(now / seconds_a_day).year;
  date.year = this_year - this_year % 100 + two_digits;
  if (date.year > this_year + 50) date.year -= 100;
  return in.end(date);
}

std::optional<std::int64_t> parse_asctime(std::string_view text) noexcept {
  date_reader in(text);  // Sun Nov  6 08:49:37 1994
  civil_date date{};
  in.name(weekdays);
  in.literal(" ");
  date.month = in.name(months) + 1;
  in.literal(" ");
  const bool one_digit = text.size() > 8 && text[8] == ' ';
  if (one_digit) in.literal(" ");
  date.day = in.number(one_digit ? 1 : 2);
  in.literal(" ");
  in.clock();
  in.literal(" ");
  date.year = in.number(4);
  return in.end(date);
}

}  // namespace

void format_date(std::int64_t unix_second, std::span<char, date_size> out) noexcept {
  unix_second = std::clamp(unix_second, first_second, last_second);
  const std::int64_t second_of_day = (unix_second % seconds_a_day + seconds_a_day) % seconds_a_day;
  const std::int64_t days = (unix_second - second_of_day) / seconds_a_day;
  const civil_date date = date_of(days);
  const std::int64_t weekday = ((days + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
  char* const text = out.data();
  std::memcpy(text, "Sun, 06 Nov 1994 08:49:37 GMT", date_size);
  weekdays.copy(text, 3, static_cast<std::size_t>(weekday) * 3);
  put_digits(text + 5, date.day, 2);
  months.copy(text + 8, 3, static_cast<std::size_t>(date.month - 1) * 3);
  put_digits(text + 12, date.year, 4);
  put_digits(text + 17, second_of_day / 3600, 2);
  put_digits(text + 20, second_of_day / 60 % 60, 2);
  put_digits(text + 23, second_of_day % 60, 2);
}

std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now_second) noexcept {
  if (text.size() == date_size && text[3] == ',') return parse_fixdate(text);
  if (text.find(',') != std::string_view::npos) return parse_rfc850(text, now_second);
  return parse_asctime(text);
}

void date_line::format(std::int64_t unix_second) noexcept {
  second_ = unix_second;
  std::memcpy(line_.data(), "Date: ", name_size);
  format_date(unix_second, std::span<char, date_size>(line_.data() + name_size, date_size));
  std::memcpy(line_.data() + name_size + date_size, "\r\n", 2);
}

}  // namespace rondo::http
