#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

namespace rondo::http {

/// Bytes of a date in the form that HTTP prefers: "Sun, 06 Nov 1994 08:49:37 GMT".
inline constexpr std::size_t date_size = 29;

/// Writes `unix_second` (seconds since 1970-01-01 UTC, leap seconds not counted) as an IMF-fixdate
/// of RFC 9110, section 5.6.7. The years 0 to 9999 can be written; other times are moved to the
/// nearer end of that span.
void format_date(std::int64_t unix_second, std::span<char, date_size> out) noexcept;

/// Reads a date in any of the three forms of RFC 9110, section 5.6.7, as seconds since 1970. The
/// two-digit year of the RFC 850 form is the one that is at most 50 years after `now_second`. A
/// name of a weekday is checked for its spelling but not against the date. Anything else: nothing.
[[nodiscard]] std::optional<std::int64_t> parse_date(std::string_view text,
                                                     std::int64_t now_second) noexcept;

/// A Date field that is formatted anew when the second changes. One a thread; whoever owns the
/// clock hands the time in, so under a simulated clock the field is simulated too.
class date_line {
 public:
  /// Makes the line say `unix_second`. Cheap when it already does.
  void update(std::int64_t unix_second) noexcept {
    if (unix_second != second_) format(unix_second);
  }

  /// The field with its CRLF: "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n". Good until the next
  /// update().
  [[nodiscard]] std::string_view text() const noexcept { return {line_.data(), line_.size()}; }

 private:
  void format(std::int64_t unix_second) noexcept;

  static constexpr std::size_t name_size = 6;  // "Date: "

  std::int64_t second_ = std::numeric_limits<std::int64_t>::min();
  std::array<char, name_size + date_size + 2> line_{};
};

}  // namespace rondo::http
