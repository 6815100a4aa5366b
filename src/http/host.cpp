// The exact judgement of a host, byte by byte.
#include "host.hpp"

#include "text.hpp"

namespace rondo::http {
namespace {

bool is_port(std::string_view digits) noexcept {
  if (digits.size() > 5) return false;
  std::uint32_t port = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return false;
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return port <= 65535;
}

// Counts the groups of an IPv6 address (RFC 4291, section 2.2); the dotted form of its tail is
// accepted, but only counted as the two groups that it stands for.
bool is_ipv6(std::string_view text) noexcept {
  int groups = 0;
  bool gap = false;
  std::size_t at = 0;
  if (text.starts_with("::")) {
    gap = true;
    at = 2;
  }
  while (at < text.size()) {
    const std::size_t begin = at;
    while (at < text.size() && hex_value(text[at]) >= 0) ++at;
    if (at < text.size() && text[at] == '.') {
      int dots = 0;
      for (const char c : text.substr(begin)) {
        if (c == '.') ++dots;
        if (c != '.' && !is_digit(c)) return false;
      }
      groups += 2;
      return dots == 3 && (gap ? groups < 8 : groups == 8);
    }
    if (at == begin || at - begin > 4) return false;
    ++groups;
    if (at == text.size()) break;
    if (text[at++] != ':' || at == text.size()) return false;
    if (text[at] == ':') {
      if (gap) return false;
      gap = true;
      ++at;
    }
  }
  return gap ? groups < 8 : groups == 8;
}

}  // namespace

bool is_host(std::string_view text) noexcept {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6(text.substr(1, close - 1))) return false;
    text.remove_prefix(close + 1);
    return text.empty() || (text[0] == ':' && is_port(text.substr(1)));
  }
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  if (name.empty()) return false;
  for (const char c : name) {
    if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '.' && c != '_' && c != '~') return false;
  }
  return colon == std::string_view::npos || is_port(text.substr(colon + 1));
}

}  // namespace rondo::http
