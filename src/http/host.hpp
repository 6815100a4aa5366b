#pragma once
// Is this text a host with an optional port (RFC 9112, section 3.2)? Asked of every request.

#include <bit>
#include <cstdint>
#include <string_view>

#include "scan.hpp"

namespace rondo::http {

/// A name of letters, digits, '.', '-', '_', '~'; an IPv4 address; or an IPv6 address in brackets;
/// then perhaps ':' and a port. The rest of what RFC 3986 would allow in a registered name
/// ("%41", "a,b", "x=y") occurs in no host that exists and in many attacks: refused.
[[nodiscard]] bool is_host(std::string_view text) noexcept;

/// The same, quicker where 16 bytes can be read from the beginning of `text` up to `end`: a name of
/// at most 16 bytes without rarities, perhaps with a short port, is then decided at once.
inline bool is_host(std::string_view text, [[maybe_unused]] const char* end) noexcept {
#if defined(__SSE2__)
  if (text.size() <= 16 && end - text.data() >= 16) [[likely]] {
    const __m128i bytes = scan::load(text.data());
    const std::uint32_t used = (1U << text.size()) - 1U;
    const __m128i dot = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('.'));
    const std::uint32_t others = used & ~scan::bits(_mm_or_si128(scan::is_word(bytes), dot));
    if (others == 0) return true;
    const auto first = static_cast<std::size_t>(std::countr_zero(others));
    const std::uint32_t name = (1U << first) - 1U;
    const std::uint32_t port = used & ~(name * 2 + 1);
    const bool short_port = text.size() - first <= 5;  // then it can't pass 65535
    if (first != 0 && text[first] == ':' && short_port &&
        (port & ~scan::bits(scan::is_digit(bytes))) == 0) {
      return true;
    }
  }
#endif
  return is_host(text);
}

}  // namespace rondo::http
