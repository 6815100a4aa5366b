// The request head parser: one pass from left to right over a head that is all there.
//
// A head that is not all there is judged line by line (so that an offence is answered at once) and
// read again from its first byte when it is complete; nothing but three integers is kept meanwhile.
// The way of a plain GET is one function whose state stays in registers: what is rare stands in
// functions marked cold, which take and return values, because a pointer to a local would force
// all of them into memory. What it costs is in docs/design/0002-http1-parser.md.
#include <rondo/http/request_parser.hpp>

#include <algorithm>
#include <cstring>

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

// Whether four bytes say "host". Setting bit 5 makes capitals small and nothing else a letter.
RONDO_HOT bool says_host(const char* token) noexcept {
  std::uint32_t word;
  std::uint32_t host;
  std::memcpy(&word, token, sizeof word);
  std::memcpy(&host, "host", sizeof host);
  return (word | 0x20202020U) == host;
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

// Among the bytes of a value and its ending: SP, HT or CR.
RONDO_HOT bool is_at_most_space(char c) noexcept {
  return static_cast<unsigned char>(c) <= ' ';
}

// Where no further line is allowed. Half of the empty line is no line too many.
RONDO_COLD parse_error one_field_more(const char* at, const char* end) noexcept {
  if (at == end || *at == '\r') return odd_ending(at, end).fault;
  return parse_error::too_many_fields;
}

// A tab between a value and the end of its line is white space, but others refuse it where the
// value frames the body (llhttp does). What two readers read in two ways is what smuggling is made
// of.
RONDO_COLD bool ends_in_tab(const char* value_end, const char* line_end) noexcept {
  return between(value_end, line_end).find('\t') != std::string_view::npos;
}

// Few fields mean something to the parser; most names are dismissed by their length.
RONDO_HOT bool may_matter(std::ptrdiff_t name_size) noexcept {
  constexpr std::uint32_t lengths = 1U << 0 | 1U << 4 | 1U << 6 | 1U << 7 | 1U << 10 | 1U << 14 |
                                    1U << 17;  // the 0: no name at all
  return name_size < 32 && (lengths >> name_size & 1U) != 0;
}

struct judged_field {
  framing_facts facts;
  parse_error fault = parse_error::none;
  bool is_host = false;
};

[[gnu::noinline]] judged_field judge_field(std::string_view name, std::string_view value,
                                           const char* line_end, framing_facts facts) noexcept {
  judged_field field{facts, parse_error::none, false};
  const bool tab = ends_in_tab(value.data() + value.size(), line_end);
  if (name.empty()) {
    field.fault = parse_error::bad_field_name;
  } else if (equal_ignoring_case(name, "host")) {
    field.is_host = true;
    field.facts.add_host();
    if (!value.empty() && !is_host(value)) field.fault = parse_error::bad_host;
  } else if (equal_ignoring_case(name, "connection")) {
    field.facts = with_connection(facts, value);
  } else if (equal_ignoring_case(name, "expect")) {
    field.facts = with_expect(facts, value);
  } else if (equal_ignoring_case(name, "upgrade")) {
    field.facts.add_upgrade();
  } else if (equal_ignoring_case(name, "content-length")) {
    if (!is_length(value) || tab) {
      field.fault = parse_error::bad_content_length;
    } else {
      field.facts = with_content_length(facts, value);
    }
  } else if (equal_ignoring_case(name, "transfer-encoding")) {
    if (tab) field.fault = parse_error::bad_transfer_encoding;
    field.facts = with_transfer_encoding(facts, value);
  }
  return field;
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

  // A head of which nothing was judged before.
  RONDO_HOT head_result read(request_parser& parser, input in, request_head& head) noexcept;
  // A head that came in part before.
  RONDO_COLD head_result resume(request_parser& parser, input in, request_head& head) noexcept;

 private:
  // Where the reading of the fields stands.
  struct progress {
    const char* line;  // the first line that is not yet read
    std::uint32_t fields;
    framing_facts facts;
  };

  RONDO_HOT step request_line(input in, const char* at, request_head& head) noexcept;
  RONDO_HOT parse_error fields(input in, request_head& head, progress& reached) noexcept;
  RONDO_HOT const char* plain_host_line(input in, request_head& head, progress& reached) noexcept;
  RONDO_HOT step field_line(input in, request_head& head, progress& reached) noexcept;

  RONDO_COLD step other_method(input in, const char* at, request_head& head) noexcept;
  RONDO_COLD step after_empty_line(input in, const char* at, request_head& head) noexcept;
  RONDO_COLD step other_target(input in, const char* target, const char* at,
                               request_head& head) noexcept;
  RONDO_COLD bool other_form(const char* base, std::string_view target,
                             request_head& head) noexcept;
  RONDO_COLD step other_version(const char* at, const char* end, request_head& head) noexcept;
  RONDO_COLD head_result stop_in_request_line(request_parser& parser, input in, request_head& head,
                                              parse_error fault) noexcept;
  RONDO_COLD head_result stop(request_parser& parser, input in, const char* line,
                              std::uint32_t lines, parse_error fault) noexcept;
  RONDO_COLD head_result finish(input in, const char* end, framing_facts facts,
                                request_head& head) noexcept;

  RONDO_HOT std::uint16_t offset(input in, const char* at) noexcept {
    return static_cast<std::uint16_t>(at - in.base);
  }
  RONDO_HOT request_head::extent extent(input in, const char* begin, const char* end) noexcept {
    return {offset(in, begin), offset(in, end)};
  }
  // The most that a request line, its CRLF and an empty line before it may be.
  RONDO_HOT std::ptrdiff_t longest_request_line(input in) noexcept {
    return std::ptrdiff_t{in.allowed.max_request_line} + 2;
  }
};

// --- the request line: method SP request-target SP HTTP-version CRLF ---

step head_reader::request_line(input in, const char* at, request_head& head) noexcept {
  head.base_ = in.base;
  head.content_length_ = 0;
  head.what_ = {};
  if (starts_with(at, in.end, "GET ")) [[likely]] {
    at += 4;
  } else {
    const step verb = other_method(in, at, head);
    if (verb.next == nullptr || verb.next[-1] == '\n') return verb;
    at = verb.next;
  }
  const char* const target = at;
  at = scan::target_end(in.base, at, in.end);
  head.target_ = extent(in, target, at);
  head.path_begin_ = offset(in, target);
  if (!starts_with(at, in.end, " HTTP/1.1\r\n") || *target != '/') [[unlikely]] {
    return other_target(in, target, at, head);
  }
  return {at + 11};
}

// The end of the method; or, after an empty line, the end of the whole request line.
step head_reader::other_method(input in, const char* at, request_head& head) noexcept {
  if (at == in.base && at != in.end && *at == '\r') return after_empty_line(in, at, head);
  const char* const space = scan::bytewise(at, in.end, scan::token_byte);
  if (space == in.end) return incomplete;
  if (*space != ' ' || space == at) return refuse(parse_error::bad_method);
  for (const method known : {method::get, method::head, method::post, method::put, method::patch,
                             method::delete_, method::options, method::trace}) {
    if (name_of(known) == between(at, space)) {
      head.what_.method = known;
      return {space + 1};
    }
  }
  return refuse(parse_error::unknown_method);
}

// One empty line before a request is forgiven (RFC 9112, section 2.2).
step head_reader::after_empty_line(input in, const char* at, request_head& head) noexcept {
  if (!starts_with(at, in.end, "\r\n")) return odd_ending(at, in.end);
  return request_line(in, at + 2, head);
}

// Not a path followed by HTTP/1.1: still a target, at least?
step head_reader::other_target(input in, const char* target, const char* at,
                               request_head& head) noexcept {
  if (at == in.end) return incomplete;
  if (*at != ' ' || at == target) return refuse(parse_error::bad_target);
  if (*target != '/' && !other_form(in.base, between(target, at), head)) {
    return refuse(parse_error::bad_target);
  }
  return other_version(at + 1, in.end, head);
}

bool head_reader::other_form(const char* base, std::string_view target,
                             request_head& head) noexcept {
  if (target == "*" && head.what_.method == method::options) {
    head.what_.form = target_form::asterisk;
    return true;
  }
  std::size_t authority = 0;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (equal_ignoring_case(target.substr(0, scheme.size()), scheme)) authority = scheme.size();
  }
  const std::size_t path = std::min(target.find_first_of("/?", authority), target.size());
  if (authority == 0 || !is_host(target.substr(authority, path - authority))) return false;
  const auto begin = static_cast<std::size_t>(target.data() - base);
  head.what_.form = target_form::absolute;
  head.host_ = {static_cast<std::uint16_t>(begin + authority),
                static_cast<std::uint16_t>(begin + path)};
  head.path_begin_ = head.host_.end;
  return true;
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
  head.what_.minor_version = static_cast<std::uint8_t>(at[7] - '0');
  return {line_end + 2};
}

// --- header lines: field-name ":" OWS field-value OWS CRLF ---

step head_reader::field_line(input in, request_head& head, progress& reached) noexcept {
  const char* const name = reached.line;
  const char* name_end = scan::word_end(in.base, name, in.end);
  if (name_end == in.end || *name_end != ':') [[unlikely]] {
    name_end = scan::bytewise(name_end, in.end, scan::token_byte);
    if (name_end == in.end || *name_end != ':') return odd_name(name, name_end, in.end);
  }
  const char* value = name_end + 1;
  const char* const line_end = scan::control(in.base, value, in.end);
  if (!starts_with(line_end, in.end, "\r\n")) [[unlikely]]
    return odd_ending(line_end, in.end);
  const char* value_end = line_end;
  if (*value == ' ') ++value;
  if (is_at_most_space(*value) || is_at_most_space(value_end[-1])) [[unlikely]] {
    const std::string_view text = trim(between(value, value_end));
    value = text.data();
    value_end = value + text.size();
  }

  const request_head::extent value_extent = extent(in, value, value_end);
  head.fields_[reached.fields++] = {extent(in, name, name_end), value_extent};
  if (may_matter(name_end - name)) {
    const judged_field field =
        judge_field(between(name, name_end), between(value, value_end), line_end, reached.facts);
    if (field.fault != parse_error::none) [[unlikely]]
      return refuse(field.fault);
    reached.facts = field.facts;
    if (field.is_host && head.what_.form != target_form::absolute) head.host_ = value_extent;
  }
  return {line_end + 2};
}

// The line that every request has, as nearly every client writes it. Returns nullptr where it is
// written in another way, or is another line.
const char* head_reader::plain_host_line(input in, request_head& head, progress& reached) noexcept {
  const char* const name = reached.line;
  if (in.end - name < 6 || !says_host(name) || name[4] != ':' || name[5] != ' ') return nullptr;
  const char* const value = name + 6;
  const char* const value_end = plain_host_end(in.base, value, in.end);
  if (!starts_with(value_end, in.end, "\r\n")) return nullptr;
  const request_head::extent value_extent = extent(in, value, value_end);
  head.fields_[reached.fields++] = {extent(in, name, name + 4), value_extent};
  reached.facts.add_host();
  if (head.what_.form != target_form::absolute) head.host_ = value_extent;
  return value_end + 2;
}

// Reads lines up to the empty one that ends the head and moves `reached` behind it; or returns,
// with `reached` at a line that has the fault, or is incomplete (`none`, line unmoved).
parse_error head_reader::fields(input in, request_head& head, progress& reached) noexcept {
  while (!starts_with(reached.line, in.end, "\r\n")) {
    if (reached.fields == in.allowed.max_fields) [[unlikely]] {
      return one_field_more(reached.line, in.end);
    }
    const char* next = plain_host_line(in, head, reached);
    if (next == nullptr) {
      const step line = field_line(in, head, reached);
      if (line.next == nullptr) [[unlikely]] {
        return line.fault;
      }
      next = line.next;
    }
    reached.line = next;
  }
  return parse_error::none;
}

// --- the whole ---

head_result head_reader::read(request_parser& parser, input in, request_head& head) noexcept {
  const step line = request_line(in, in.base, head);
  if (line.next == nullptr || line.next - in.base > longest_request_line(in)) [[unlikely]] {
    return stop_in_request_line(parser, in, head, line.fault);
  }
  progress reached{line.next, 0, {}};
  const parse_error fault = fields(in, head, reached);
  if (!starts_with(reached.line, in.end, "\r\n")) [[unlikely]] {
    return stop(parser, in, reached.line, reached.fields + 1, fault);
  }
  const char* const end = reached.line + 2;
  head.field_count_ = static_cast<std::uint16_t>(reached.fields);
  if (!reached.facts.plain() || head.what_.minor_version == 0) {
    return finish(in, end, reached.facts, head);
  }
  return {static_cast<std::uint32_t>(end - in.base)};
}

// Judges the lines that were not judged before. When the head is complete, it is known to be good
// line by line, but the table and the facts hold its last lines only: once more, from the first.
head_result head_reader::resume(request_parser& parser, input in, request_head& head) noexcept {
  const char* const line = in.base + parser.line_;
  const char* limit = in.end;
  if (parser.lines_ == 0) limit = in.base + std::min(in.end - in.base, longest_request_line(in));
  if (scan::control(in.base, in.base + parser.scanned_, limit) == limit) {
    return stop(parser, in, line, parser.lines_, parse_error::none);  // still not a whole line
  }
  if (parser.lines_ != 0) {
    progress reached{line, parser.lines_ - 1, {}};
    const parse_error fault = fields(in, head, reached);
    if (!starts_with(reached.line, in.end, "\r\n")) {
      return stop(parser, in, reached.line, reached.fields + 1, fault);
    }
  }
  const head_result result = read(parser, in, head);
  if (result.complete()) parser = {};
  return result;
}

// Judges no byte beyond the longest request line: when they came one by one, the verdict was given
// before that byte.
head_result head_reader::stop_in_request_line(request_parser& parser, input in, request_head& head,
                                              parse_error fault) noexcept {
  if (in.end - in.base > longest_request_line(in)) {
    in.end = in.base + longest_request_line(in);
    fault = request_line(in, in.base, head).fault;
  }
  return stop(parser, in, in.base, 0, fault);
}

// The line that begins at `line` could not be read to its end: is it malformed, too long, or only
// not yet complete? A fault counts once the line shows a control character, its end as a rule:
// a shorter piece of it, which shows none, could not have been told from a good one.
head_result head_reader::stop(request_parser& parser, input in, const char* line,
                              std::uint32_t lines, parse_error fault) noexcept {
  const bool in_request_line = lines == 0;
  const std::ptrdiff_t longest = longest_request_line(in);
  const std::ptrdiff_t arrived = in.end - in.base;
  const char* const limit = in_request_line ? in.base + std::min(arrived, longest) : in.end;
  // The empty line that may stand before a request line says nothing about that.
  const char* const first = in_request_line && starts_with(line, in.end, "\r\n") ? line + 2 : line;
  const char* const from = std::max(first, in.base + parser.scanned_);
  const char* const control = scan::control(in.base, std::min(from, limit), limit);
  if (control != limit && fault != parse_error::none) return {0, fault};
  if (in_request_line && arrived >= longest) return {0, parse_error::target_too_long};
  if (arrived == in.allowed.max_head) return {0, parse_error::head_too_large};
  parser.line_ = static_cast<std::uint32_t>(line - in.base);
  parser.scanned_ = static_cast<std::uint32_t>(control - in.base);
  parser.lines_ = lines;
  return {};
}

// A complete head that is not a plain GET or the like.
head_result head_reader::finish(input in, const char* end, framing_facts facts,
                                request_head& head) noexcept {
  const int minor = head.what_.minor_version;
  const parse_error verdict = judge(facts, minor, in.allowed.max_body);
  if (verdict != parse_error::none) return {0, verdict};
  if (facts.chunked()) head.what_.framing = body_framing::chunked;
  if (facts.has_length()) {
    head.what_.framing = body_framing::length;
    head.content_length_ = facts.length();
  }
  if (!facts.names_host() && head.what_.form != target_form::absolute) head.host_ = {};
  head.what_.keep_alive = facts.keep_alive(minor);
  head.what_.expects_continue = facts.expects_continue(minor);
  head.what_.wants_upgrade = facts.wants_upgrade(minor);
  return {static_cast<std::uint32_t>(end - in.base)};
}

head_result request_parser::parse(std::string_view received, const limits& limits,
                                  request_head& head) noexcept {
  const std::size_t visible = std::min<std::size_t>(received.size(), limits.max_head);
  const head_reader::input in{received.data(), received.data() + visible, limits};
  if (scanned_ != 0) [[unlikely]]
    return head_reader::resume(*this, in, head);
  return head_reader::read(*this, in, head);
}

}  // namespace rondo::http
