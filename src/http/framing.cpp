// The rules of RFC 9112, section 6.3 (where does the body end), and section 9.3 (does the
// connection stay), stricter where the RFC leaves a choice: every doubt is a refusal.
#include "framing.hpp"

#include <algorithm>

#include "text.hpp"

namespace rondo::http {

framing_facts with_connection(framing_facts facts, std::string_view value) noexcept {
  while (!value.empty()) {
    const std::string_view option = next_element(value);
    if (equal_ignoring_case(option, "close")) facts.add(framing_facts::wants_close);
    if (equal_ignoring_case(option, "keep-alive")) facts.add(framing_facts::wants_keep_alive);
    if (equal_ignoring_case(option, "upgrade")) facts.add(framing_facts::names_upgrade);
  }
  return facts;
}

framing_facts with_expect(framing_facts facts, std::string_view value) noexcept {
  const bool known = equal_ignoring_case(value, "100-continue");
  facts.add(known ? framing_facts::wants_continue : framing_facts::wants_unknown);
  return facts;
}

framing_facts with_transfer_encoding(framing_facts facts, std::string_view value) noexcept {
  facts.add(framing_facts::any_encoding);
  for (bool more = true; more;) {
    more = value.find(',') != std::string_view::npos;
    const std::string_view coding = next_element(value);
    // Nothing may follow "chunked", be it in this line or in another, and an empty element is not
    // worth a guess.
    if (facts.has(framing_facts::ends_in_chunked) || coding.empty()) {
      facts.add(framing_facts::bad_encoding);
    }
    const bool chunked = equal_ignoring_case(coding, "chunked");
    facts.add(chunked ? framing_facts::ends_in_chunked : framing_facts::other_coding);
  }
  return facts;
}

bool is_length(std::string_view value) noexcept {
  return !value.empty() && std::ranges::all_of(value, is_digit);
}

framing_facts with_content_length(framing_facts facts, std::string_view value) noexcept {
  std::uint64_t length = 0;
  for (const char c : value) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (length > (UINT64_MAX - digit) / 10) {
      facts.add(framing_facts::length_overflows);
      break;
    }
    length = length * 10 + digit;
  }
  facts.set_length(length);
  return facts;
}

parse_error judge(framing_facts facts, int minor_version, std::uint64_t max_body) noexcept {
  using enum framing_facts::fact;
  if (facts.has(two_hosts)) return parse_error::repeated_host;
  if (!facts.has(one_host) && minor_version >= 1) return parse_error::missing_host;
  if (facts.has(any_encoding)) {
    if (facts.has(one_length)) return parse_error::length_and_encoding;
    if (minor_version == 0) return parse_error::encoding_in_http_1_0;
    if (facts.has(bad_encoding) || !facts.has(ends_in_chunked)) {
      return parse_error::bad_transfer_encoding;
    }
    if (facts.has(other_coding)) return parse_error::unsupported_encoding;
  }
  // Equal values repeated could be folded into one (RFC 9110, section 8.6), but nobody sends them
  // in good faith.
  if (facts.has(two_lengths)) return parse_error::repeated_content_length;
  if (facts.has(length_overflows) || facts.length() > max_body) {
    return parse_error::content_too_large;
  }
  if (facts.has(wants_unknown) && minor_version >= 1) return parse_error::expectation_failed;
  return parse_error::none;
}

}  // namespace rondo::http
