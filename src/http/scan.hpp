#pragma once
// Where does this run of harmless bytes end? The three questions on which a parser spends its time,
// answered 16 bytes at a time with SSE2 (which every x86-64 has) and byte by byte elsewhere.
//
// No load leaves [base, end). The last bytes of a buffer, fewer than 16, are covered by a load that
// ends at `end` and begins before the run, whose extra bits are shifted out; only a buffer smaller
// than 16 bytes, which can't hold a request, is walked byte by byte.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace rondo::http::scan {

enum : std::uint8_t {
  token_byte = 1,   // tchar of RFC 9110, section 5.6.2
  target_byte = 2,  // visible ASCII but '#', which begins a fragment and never travels
  word_byte = 8,    // letters, digits and '-'
  host_byte = 16,   // these and '.'
  value_byte = 4,   // field-vchar, SP: all but controls; HT is not among them, see value_end()
};

constexpr std::array<std::uint8_t, 256> make_classes() noexcept {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool word = letter || (c >= '0' && c <= '9') || c == '-';
    if (word) classes[c] |= token_byte | word_byte | host_byte;
    if (c == '.') classes[c] |= host_byte;
    if (c > ' ' && c < 0x7f && c != '#') classes[c] |= target_byte;
    if (c >= ' ' && c != 0x7f) classes[c] |= value_byte;
  }
  for (const char c :
       {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'}) {
    classes[static_cast<unsigned char>(c)] |= token_byte;
  }
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> classes = make_classes();

constexpr bool is_token(char c) noexcept {
  return (classes[static_cast<unsigned char>(c)] & token_byte) != 0;
}

/// The first byte of [at, end) that is not in `wanted`, or `end`.
inline const char* bytewise(const char* at, const char* end, std::uint8_t wanted) noexcept {
  while (at != end && (classes[static_cast<unsigned char>(*at)] & wanted) != 0) ++at;
  return at;
}

#if defined(__SSE2__)

// Each of these answers 16 times at once: a byte of all ones where a run may have to stop.
struct stop_at_target_end {
  static constexpr std::uint8_t wanted = target_byte;
  static __m128i stops(__m128i text) noexcept {
    // Signed comparison: the bytes from 0x80 on are negative, so "less than '!'" takes them too.
    const __m128i outside = _mm_or_si128(_mm_cmplt_epi8(text, _mm_set1_epi8('!')),
                                         _mm_cmpeq_epi8(text, _mm_set1_epi8(0x7f)));
    return _mm_or_si128(outside, _mm_cmpeq_epi8(text, _mm_set1_epi8('#')));
  }
};

struct stop_at_control {
  static constexpr std::uint8_t wanted = value_byte;
  static __m128i stops(__m128i text) noexcept {
    const __m128i last_control = _mm_set1_epi8(0x1f);
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(text, last_control), text);
    return _mm_or_si128(low, _mm_cmpeq_epi8(text, _mm_set1_epi8(0x7f)));
  }
};

inline __m128i load(const char* from) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

/// The highest bit of each of the 16 bytes.
inline std::uint32_t bits(__m128i bytes) noexcept {
  return static_cast<std::uint32_t>(_mm_movemask_epi8(bytes));
}

/// All ones in each byte of [first, first + count).
inline __m128i in_range(__m128i bytes, char first, int count) noexcept {
  // Moves the range to the bottom of the signed numbers, where one comparison tests both ends.
  const __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8(static_cast<char>(-128 - first)));
  return _mm_cmplt_epi8(moved, _mm_set1_epi8(static_cast<char>(-128 + count)));
}

inline __m128i is_digit(__m128i bytes) noexcept {
  return in_range(bytes, '0', 10);
}

/// Letters, digits and '-'.
inline __m128i is_word(__m128i bytes) noexcept {
  const __m128i letter = in_range(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 26);
  return _mm_or_si128(_mm_or_si128(letter, is_digit(bytes)),
                      _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')));
}

struct stop_at_word_end {
  static constexpr std::uint8_t wanted = word_byte;
  static __m128i stops(__m128i text) noexcept {
    return _mm_xor_si128(is_word(text), _mm_set1_epi8(-1));
  }
};

struct stop_at_host_name_end {
  static constexpr std::uint8_t wanted = host_byte;
  static __m128i stops(__m128i text) noexcept {
    const __m128i dot = _mm_cmpeq_epi8(text, _mm_set1_epi8('.'));
    return _mm_xor_si128(_mm_or_si128(is_word(text), dot), _mm_set1_epi8(-1));
  }
};

template <class Stop>
inline const char* find(const char* base, const char* at, const char* end) noexcept {
  for (; end - at >= 16; at += 16) {
    const std::uint32_t stops = bits(Stop::stops(load(at)));
    if (stops != 0) return at + std::countr_zero(stops);
  }
  if (end - base < 16) return bytewise(at, end, Stop::wanted);
  const std::ptrdiff_t before = 16 - (end - at);
  const std::uint32_t stops = bits(Stop::stops(load(end - 16))) >> before;
  return stops != 0 ? at + std::countr_zero(stops) : end;
}

#else

struct stop_at_target_end {
  static constexpr std::uint8_t wanted = target_byte;
};
struct stop_at_control {
  static constexpr std::uint8_t wanted = value_byte;
};
struct stop_at_word_end {
  static constexpr std::uint8_t wanted = word_byte;
};
struct stop_at_host_name_end {
  static constexpr std::uint8_t wanted = host_byte;
};

template <class Stop>
inline const char* find(const char*, const char* at, const char* end) noexcept {
  return bytewise(at, end, Stop::wanted);
}

#endif

/// The first byte that can't be part of a request target.
inline const char* target_end(const char* base, const char* at, const char* end) noexcept {
  return find<stop_at_target_end>(base, at, end);
}

/// The first byte that is no letter, digit or '-'. Nearly all header names end there; the rarer
/// bytes of a token are for bytewise().
inline const char* word_end(const char* base, const char* at, const char* end) noexcept {
  return find<stop_at_word_end>(base, at, end);
}

/// The same, with '.' among the good.
inline const char* host_name_end(const char* base, const char* at, const char* end) noexcept {
  return find<stop_at_host_name_end>(base, at, end);
}

/// The first control character other than HT.
inline const char* control(const char* base, const char* at, const char* end) noexcept {
  at = find<stop_at_control>(base, at, end);
  while (at != end && *at == '\t') at = find<stop_at_control>(base, at + 1, end);
  return at;
}

}  // namespace rondo::http::scan
