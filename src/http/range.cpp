// Byte ranges, RFC 9110, section 14.
#include <rondo/http/range.hpp>

#include <algorithm>
#include <optional>

#include "text.hpp"

namespace rondo::http {
namespace {

// Digits as a number; what does not fit is larger than any representation. Nothing for the rest.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    number = number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : number * 10 + digit;
  }
  return number;
}

}  // namespace

selected_range select_range(std::string_view value, std::uint64_t size) noexcept {
  static constexpr std::string_view unit = "bytes=";
  const selected_range whole{range_kind::whole, 0, size};
  const selected_range unsatisfiable{range_kind::unsatisfiable, 0, 0};
  if (!equal_ignoring_case(value.substr(0, unit.size()), unit)) return whole;
  const std::string_view range = trim(value.substr(unit.size()));
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return whole;
  const std::optional<std::uint64_t> last = parse_number(range.substr(dash + 1));
  if (!last && dash + 1 != range.size()) return whole;
  if (dash == 0) {
    if (!last) return whole;
    const std::uint64_t count = std::min(*last, size);
    if (count == 0) return unsatisfiable;
    return {range_kind::part, size - count, count};
  }
  const std::optional<std::uint64_t> first = parse_number(range.substr(0, dash));
  if (!first || (last && *last < *first)) return whole;
  if (*first >= size) return unsatisfiable;
  const std::uint64_t end = last && *last < size ? *last + 1 : size;
  return {range_kind::part, *first, end - *first};
}

std::string content_range(selected_range range, std::uint64_t size) {
  if (range.kind == range_kind::unsatisfiable) return "bytes */" + std::to_string(size);
  return "bytes " + std::to_string(range.first) + "-" +
         std::to_string(range.first + range.size - 1) + "/" + std::to_string(size);
}

}  // namespace rondo::http
