// Conditional requests, RFC 9110, section 13.
#include <rondo/http/conditional.hpp>

#include <rondo/http/date.hpp>
#include <rondo/http/entity_tag.hpp>

#include "text.hpp"

namespace rondo::http {
namespace {

using tag_comparison = bool (*)(entity_tag, entity_tag) noexcept;

// Whether one of the tags in all fields of that name is the current one. Nothing: no such field.
std::optional<bool> any_tag_matches(const request_head& request, std::string_view name,
                                    const validators& current, tag_comparison equal) noexcept {
  const std::optional<entity_tag> own = parse_entity_tag(current.etag);
  std::optional<bool> matches;
  for (std::size_t i = 0; i < request.field_count(); ++i) {
    field line = request.field_at(i);
    if (!equal_ignoring_case(line.name, name)) continue;
    if (!matches) matches = false;
    if (line.value == "*") matches = true;
    while (const std::optional<entity_tag> tag = next_entity_tag(line.value)) {
      if (own && equal(*own, *tag)) matches = true;
    }
  }
  return matches;
}

// The date of the only field of that name.
std::optional<std::int64_t> only_date(const request_head& request, std::string_view name,
                                      std::int64_t now_second) noexcept {
  std::optional<std::int64_t> date;
  bool seen = false;
  for (std::size_t i = 0; i < request.field_count(); ++i) {
    const field line = request.field_at(i);
    if (!equal_ignoring_case(line.name, name)) continue;
    if (seen) return std::nullopt;
    seen = true;
    date = parse_date(line.value, now_second);
  }
  return date;
}

}  // namespace

precondition evaluate_preconditions(const request_head& request, const validators& current,
                                    std::int64_t now_second) noexcept {
  const bool reads = request.method() == method::get || request.method() == method::head;
  const auto if_match = any_tag_matches(request, "If-Match", current, strongly_equal);
  if (if_match) {
    if (!*if_match) return precondition::failed;
  } else if (current.modified_second) {
    const auto since = only_date(request, "If-Unmodified-Since", now_second);
    if (since && *current.modified_second > *since) return precondition::failed;
  }

  const auto if_none_match = any_tag_matches(request, "If-None-Match", current, weakly_equal);
  if (if_none_match) {
    if (!*if_none_match) return precondition::proceed;
    return reads ? precondition::not_modified : precondition::failed;
  }
  if (reads && current.modified_second) {
    const auto since = only_date(request, "If-Modified-Since", now_second);
    if (since && *current.modified_second <= *since) return precondition::not_modified;
  }
  return precondition::proceed;
}

bool if_range_holds(const request_head& request, const validators& current,
                    std::int64_t now_second) noexcept {
  const std::optional<std::string_view> condition = request.find("If-Range");
  if (!condition) return true;
  const std::optional<entity_tag> own = parse_entity_tag(current.etag);
  if (const auto tag = parse_entity_tag(*condition)) return own && strongly_equal(*own, *tag);
  const auto date = parse_date(*condition, now_second);
  return date && current.modified_second && *date == *current.modified_second;
}

}  // namespace rondo::http
