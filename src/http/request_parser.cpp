// The request head parser: one pass from left to right over a head that is all there.
//
// A head that is not all there is judged line by line (so that an offence is answered at once) and
// read again from its first byte when it is complete; nothing but three integers is kept meanwhile.
// The way of a plain GET is one function whose state stays in registers: what is rare stands in
// functions marked cold, which take and return values, because a pointer to a local would force
// all of them into memory. The figure to defend is in docs/design/0002-http1-parser.md.
#include <rondo/http/request_parser.hpp>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "framing.hpp"
#include "host.hpp"
#include "scan.hpp"
#include "text.hpp"

#define RONDO_HOT [[gnu::always_inline]] static inline
#define RONDO_COLD [[gnu::cold, gnu::noinline]] static

namespace rondo::http {
namespace {

// How far a line reader came: to `next`; or nowhere (nullptr), because the line has the `fault`,
// or because it is not complete (`none`).
struct step {
  const char* next;
  parse_error fault = parse_error::none;
};

constexpr step incomplete{nullptr};

constexpr step refuse(parse_error why) noexcept {
  return {nullptr, why};
}

std::string_view between(const char* begin, const char* end) noexcept {
  return {begin, static_cast<std::size_t>(end - begin)};
}

template <std::size_t Size>
RONDO_HOT bool starts_with(const char* at, const char* end, const char (&text)[Size]) noexcept {
  return end - at >= static_cast<std::ptrdiff_t>(Size - 1) && std::memcmp(at, text, Size - 1) == 0;
}

// Whether a token is `lower` but for its case. Setting bit 5 turns no other token byte into a
// lower-case letter or '-', so whole words can be compared; the last word overlaps the one before.
template <std::size_t Size>
RONDO_HOT bool is_name(const char* token, const char (&lower)[Size]) noexcept {
  constexpr std::size_t length = Size - 1;
  using word = std::conditional_t<length >= 8, std::uint64_t, std::uint32_t>;
  const auto differs = [&](std::size_t at) {
    word left;
    word right;
    std::memcpy(&left, token + at, sizeof left);
    std::memcpy(&right, lower + at, sizeof right);
    return (left | static_cast<word>(0x2020202020202020)) != right;
  };
  for (std::size_t at = 0; at + sizeof(word) <= length; at += sizeof(word)) {
    if (differs(at)) return false;
  }
  return !differs(length - sizeof(word));
}

// The bytes at `at` are no CRLF, where only CRLF may stand.
RONDO_COLD step odd_ending(const char* at, const char* end) noexcept {
  if (at == end || (*at == '\r' && at + 1 == end)) return incomplete;
  return refuse(*at == '\r' || *at == '\n' ? parse_error::bad_line_ending
                                           : parse_error::control_character);
}

RONDO_COLD step odd_name(const char* name, const char* at, const char* end) noexcept {
  if (at == end) return incomplete;
  if (at == name && is_blank(*at)) return refuse(parse_error::folded_field);
  if (*at == '\n' || (*at == '\r' && at == name)) return odd_ending(at, end);
  return refuse(parse_error::bad_field_name);
}

// A tab between a value and the end of its line is white space, but others refuse it where the
// value frames the body (llhttp does). What two readers read in two ways is what smuggling is made
// of.
RONDO_COLD bool ends_in_tab(const char* value_end, const char* line_end) noexcept {
  return between(value_end, line_end).find('\t') != std::string_view::npos;
}

}  // namespace

// Fills a request_head. A class only because request_head lets nobody else in.
class head_reader {
 public:
  // What one call of request_parser::parse works on.
  struct input {
    const char* base;
    const char* end;
    const limits& allowed;
  };

  static head_result read(request_parser& parser, input in, request_head& head) noexcept;

 private:
  RONDO_HOT step request_line(const char* base, const char* at, const char* end,
                              request_head& head) noexcept;
  RONDO_HOT step field_line(input in, const char* at, request_head& head, std::uint32_t& fields,
                            framing_facts& facts) noexcept;
  RONDO_COLD step other_method(const char* at, const char* end, request_head& head) noexcept;
  RONDO_COLD parse_error other_form(const char* base, std::string_view target,
                                    request_head& head) noexcept;
  RONDO_COLD step other_version(const char* at, const char* end, request_head& head) noexcept;
  RONDO_COLD head_result stop(request_parser& parser, input in, const char* line,
                              std::uint32_t lines, parse_error fault) noexcept;
  RONDO_COLD head_result finish(input in, const char* end, framing_facts facts,
                                request_head& head) noexcept;

  RONDO_HOT std::uint16_t offset(const char* base, const char* at) noexcept {
    return static_cast<std::uint16_t>(at - base);
  }
  RONDO_HOT const char* request_line_limit(input in, const char* line) noexcept {
    const std::ptrdiff_t allowed = std::ptrdiff_t{in.allowed.max_request_line} + 2;
    return in.end - line > allowed ? line + allowed : in.end;
  }
};

// --- the request line: method SP request-target SP HTTP-version CRLF ---------------------------

step head_reader::request_line(const char* base, const char* at, const char* end,
                               request_head& head) noexcept {
  head.base_ = base;
  head.method_ = method::get;
  if (starts_with(at, end, "GET ")) [[likely]] {
    at += 4;
  } else {
    const step method = other_method(at, end, head);
    if (method.next == nullptr) return method;
    at = method.next;
  }

  const char* const target = at;
  at = scan::target_end(base, at, end);
  if (at == end) return incomplete;
  if (*at != ' ' || at == target) [[unlikely]]
    return refuse(parse_error::bad_target);
  head.target_ = {offset(base, target), offset(base, at)};
  head.path_begin_ = offset(base, target);
  head.form_ = target_form::origin;
  if (*target != '/') [[unlikely]] {
    const parse_error fault = other_form(base, between(target, at), head);
    if (fault != parse_error::none) return refuse(fault);
  }

  ++at;
  head.minor_version_ = 1;
  if (!starts_with(at, end, "HTTP/1.1\r\n")) [[unlikely]]
    return other_version(at, end, head);
  return {at + 10};
}

step head_reader::other_method(const char* at, const char* end, request_head& head) noexcept {
  const char* const space = scan::bytewise(at, end, scan::token_byte);
  if (space == end) return incomplete;
  if (*space != ' ' || space == at) return refuse(parse_error::bad_method);
  for (const method known : {method::get, method::head, method::post, method::put, method::patch,
                             method::delete_, method::options, method::trace}) {
    if (name_of(known) == between(at, space)) {
      head.method_ = known;
      return {space + 1};
    }
  }
  return refuse(parse_error::unknown_method);
}

parse_error head_reader::other_form(const char* base, std::string_view target,
                                    request_head& head) noexcept {
  if (target == "*" && head.method_ == method::options) {
    head.form_ = target_form::asterisk;
    return parse_error::none;
  }
  std::size_t authority = 0;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (equal_ignoring_case(target.substr(0, scheme.size()), scheme)) authority = scheme.size();
  }
  const std::size_t path = std::min(target.find_first_of("/?", authority), target.size());
  if (authority == 0 || !is_host(target.substr(authority, path - authority))) {
    return parse_error::bad_target;
  }
  head.form_ = target_form::absolute;
  head.host_ = {offset(base, target.data() + authority), offset(base, target.data() + path)};
  head.path_begin_ = offset(base, target.data() + path);
  return parse_error::none;
}

step head_reader::other_version(const char* at, const char* end, request_head& head) noexcept {
  static constexpr std::string_view pattern = "HTTP/#.#";
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (at + i == end) return incomplete;
    if (pattern[i] == '#' ? !is_digit(at[i]) : at[i] != pattern[i]) {
      return refuse(parse_error::bad_version);
    }
  }
  const char* const line_end = at + pattern.size();
  if (!starts_with(line_end, end, "\r\n")) {
    const step ending = odd_ending(line_end, end);
    return ending.fault == parse_error::control_character ? refuse(parse_error::bad_version)
                                                          : ending;
  }
  if (at[5] != '1' || at[7] > '1') return refuse(parse_error::unsupported_version);
  head.minor_version_ = static_cast<std::uint8_t>(at[7] - '0');
  return {line_end + 2};
}

// --- a header line: field-name ":" OWS field-value OWS CRLF -------------------------------------

step head_reader::field_line(input in, const char* at, request_head& head, std::uint32_t& fields,
                             framing_facts& facts) noexcept {
  const char* const name = at;
  at = scan::token_end(in.base, at, in.end);
  if (at == in.end || *at != ':' || at == name) [[unlikely]]
    return odd_name(name, at, in.end);
  const char* const name_end = at++;

  while (at != in.end && is_blank(*at)) ++at;
  const char* const value = at;
  at = scan::control(in.base, at, in.end);
  if (!starts_with(at, in.end, "\r\n")) [[unlikely]]
    return odd_ending(at, in.end);
  const char* value_end = at;
  while (value_end != value && is_blank(value_end[-1])) --value_end;

  if (fields == in.allowed.max_fields) [[unlikely]]
    return refuse(parse_error::too_many_fields);
  head.fields_[fields++] = {{offset(in.base, name), offset(in.base, name_end)},
                            {offset(in.base, value), offset(in.base, value_end)}};

  // Few fields mean something to the parser, and their lengths differ: most names are dismissed by
  // their length alone.
  const std::string_view text = between(value, value_end);
  switch (name_end - name) {
    case 4:
      if (!is_name(name, "host")) break;
      if (!text.empty() && !is_host(text, in.end)) return refuse(parse_error::bad_host);
      facts.add_host();
      if (head.form_ != target_form::absolute) {
        head.host_ = {offset(in.base, value), offset(in.base, value_end)};
      }
      break;
    case 6:
      if (is_name(name, "expect")) facts = with_expect(facts, text);
      break;
    case 7:
      if (is_name(name, "upgrade")) facts.add_upgrade();
      break;
    case 10:
      if (is_name(name, "connection")) facts = with_connection(facts, text);
      break;
    case 14:
      if (!is_name(name, "content-length")) break;
      if (!is_length(text) || ends_in_tab(value_end, at)) {
        return refuse(parse_error::bad_content_length);
      }
      facts = with_content_length(facts, text);
      break;
    case 17:
      if (!is_name(name, "transfer-encoding")) break;
      if (ends_in_tab(value_end, at)) return refuse(parse_error::bad_transfer_encoding);
      facts = with_transfer_encoding(facts, text);
      break;
    default:
      break;
  }
  return {at + 2};
}

// --- the whole
// ------------------------------------------------------------------------------------

head_result head_reader::read(request_parser& parser, input in, request_head& head) noexcept {
  const char* at = in.base + parser.line_;
  std::uint32_t lines = parser.lines_;
  std::uint32_t fields = 0;
  if (parser.scanned_ != 0) [[unlikely]] {
    const char* const limit = lines == 0 ? request_line_limit(in, at) : in.end;
    if (scan::control(in.base, in.base + parser.scanned_, limit) == limit) {
      return stop(parser, in, at, lines, parse_error::none);  // still not a whole line
    }
    fields = lines == 0 ? 0 : lines - 1;
  }

  if (lines == 0) {
    if (at == in.base && at != in.end && *at == '\r') [[unlikely]] {
      // One empty line before a request is forgiven (RFC 9112, section 2.2).
      if (!starts_with(at, in.end, "\r\n")) {
        return stop(parser, in, at, 0, odd_ending(at, in.end).fault);
      }
      at += 2;
    }
    const step line = request_line(in.base, at, request_line_limit(in, at), head);
    if (line.next == nullptr) [[unlikely]]
      return stop(parser, in, at, 0, line.fault);
    at = line.next;
    lines = 1;
  }
  framing_facts facts;
  while (!starts_with(at, in.end, "\r\n")) {
    const step line = field_line(in, at, head, fields, facts);
    if (line.next == nullptr) [[unlikely]] {
      return stop(parser, in, at, fields + 1, line.fault);
    }
    at = line.next;
  }
  at += 2;

  const bool came_in_pieces = parser.lines_ != 0;
  parser = {};
  if (came_in_pieces) [[unlikely]] {
    // The table and the facts hold the last lines only. Every line is known to be good: once more,
    // from the first.
    return read(parser, in, head);
  }
  head.field_count_ = static_cast<std::uint16_t>(fields);
  head.framing_ = body_framing::none;
  head.content_length_ = 0;
  head.keep_alive_ = true;
  head.expects_continue_ = false;
  head.wants_upgrade_ = false;
  if (!facts.plain() || head.minor_version_ == 0) return finish(in, at, facts, head);
  return {static_cast<std::uint32_t>(at - in.base)};
}

// The line that begins at `line` could not be read to its end: is it malformed, too long, or only
// not yet complete? A fault counts once the line shows a control character, its end as a rule:
// a shorter piece of it, which shows none, could not have been told from a good one.
head_result head_reader::stop(request_parser& parser, input in, const char* line,
                              std::uint32_t lines, parse_error fault) noexcept {
  const bool in_request_line = lines == 0;
  const char* const limit = in_request_line ? request_line_limit(in, line) : in.end;
  const char* const from = std::max(line, in.base + parser.scanned_);
  const char* const control = scan::control(in.base, from, limit);
  if (control != limit && fault != parse_error::none) return {0, fault};
  if (in_request_line && limit - line == std::ptrdiff_t{in.allowed.max_request_line} + 2) {
    return {0, parse_error::target_too_long};
  }
  if (in.end - in.base == in.allowed.max_head) return {0, parse_error::head_too_large};
  parser.line_ = static_cast<std::uint32_t>(line - in.base);
  parser.scanned_ = static_cast<std::uint32_t>(control - in.base);
  parser.lines_ = lines;
  return {};
}

// A complete head that is not a plain GET or the like.
head_result head_reader::finish(input in, const char* end, framing_facts facts,
                                request_head& head) noexcept {
  const int minor = head.minor_version_;
  const parse_error verdict = judge(facts, minor, in.allowed.max_body);
  if (verdict != parse_error::none) return {0, verdict};
  if (facts.chunked()) head.framing_ = body_framing::chunked;
  if (facts.has_length()) {
    head.framing_ = body_framing::length;
    head.content_length_ = facts.length();
  }
  if (!facts.names_host() && head.form_ != target_form::absolute) head.host_ = {};
  head.keep_alive_ = facts.keep_alive(minor);
  head.expects_continue_ = facts.expects_continue(minor);
  head.wants_upgrade_ = facts.wants_upgrade(minor);
  return {static_cast<std::uint32_t>(end - in.base)};
}

head_result request_parser::parse(std::string_view received, const limits& limits,
                                  request_head& head) noexcept {
  const std::size_t visible = std::min<std::size_t>(received.size(), limits.max_head);
  return head_reader::read(*this, {received.data(), received.data() + visible, limits}, head);
}

}  // namespace rondo::http
