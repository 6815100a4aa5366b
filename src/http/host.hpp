#pragma once
// Is this text a host with an optional port (RFC 9112, section 3.2)? Asked of every request.

#include <string_view>

#include "scan.hpp"

namespace rondo::http {

/// A name of letters, digits, '.', '-', '_', '~'; an IPv4 address; or an IPv6 address in brackets;
/// then perhaps ':' and a port. The rest of what RFC 3986 would allow in a registered name
/// ("%41", "a,b", "x=y") occurs in no host that exists and in many attacks: refused.
[[nodiscard]] bool is_host(std::string_view text) noexcept;

/// The end of the host that begins at `at`, if it is of the plain kind that nearly every request
/// has: a name or an IPv4 address, perhaps a port of up to four digits. Otherwise `end`, which
/// judges nothing.
inline const char* plain_host_end(const char* base, const char* at, const char* end) noexcept {
  const char* stop = scan::host_name_end(base, at, end);
  if (stop == at) return end;
  if (stop != end && *stop == ':') {
    const char* const limit = end - stop > 5 ? stop + 5 : end;
    do ++stop;
    while (stop != limit && *stop >= '0' && *stop <= '9');
  }
  return stop;
}

}  // namespace rondo::http
