#pragma once

#include <string>
#include <string_view>

namespace rondo::dns::detail {

/// Names are equal whatever the case of their ASCII letters (RFC 4343).
inline char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lower(std::string_view name) {
  std::string copy(name);
  for (char& c : copy) c = lower(c);
  return copy;
}

inline bool same_name(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace rondo::dns::detail
