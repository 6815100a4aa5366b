#pragma once
// May this text stand in a header line? Asked of everything that a program puts into one.

#include <algorithm>
#include <string_view>

#include "scan.hpp"

namespace rondo::http {

inline bool is_field_name(std::string_view name) noexcept {
  return !name.empty() && std::ranges::all_of(name, scan::is_token);
}

/// No control character but HT. White space at the ends is let through: a recipient trims it.
inline bool is_field_value(std::string_view value) noexcept {
  const char* const end = value.data() + value.size();
  return scan::control(value.data(), value.data(), end) == end;
}

}  // namespace rondo::http
