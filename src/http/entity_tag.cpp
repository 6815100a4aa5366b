// Entity tags and lists of them. The quoted part may hold commas, so a list can't be split first.
#include <rondo/http/entity_tag.hpp>

#include <charconv>

#include "text.hpp"

namespace rondo::http {
namespace {

// Takes one tag from the beginning of `text`.
std::optional<entity_tag> take(std::string_view& text) noexcept {
  entity_tag tag;
  tag.weak = text.starts_with("W/");
  const std::size_t open = tag.weak ? 2 : 0;
  if (open >= text.size() || text[open] != '"') return std::nullopt;
  const std::size_t close = text.find('"', open + 1);
  if (close == std::string_view::npos) return std::nullopt;
  tag.opaque = text.substr(open + 1, close - open - 1);
  for (const char c : tag.opaque) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return std::nullopt;
  }
  text.remove_prefix(close + 1);
  return tag;
}

void append_hex(std::string& out, std::uint64_t number) {
  char digits[16];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, number, 16);
  out.append(digits, end.ptr);
}

}  // namespace

std::optional<entity_tag> parse_entity_tag(std::string_view text) noexcept {
  const std::optional<entity_tag> tag = take(text);
  return text.empty() ? tag : std::nullopt;
}

std::optional<entity_tag> next_entity_tag(std::string_view& list) noexcept {
  while (!list.empty() && (is_blank(list.front()) || list.front() == ',')) list.remove_prefix(1);
  const std::optional<entity_tag> tag = take(list);
  while (!list.empty() && is_blank(list.front())) list.remove_prefix(1);
  if (!tag || (!list.empty() && list.front() != ',')) {
    list = {};
    return std::nullopt;
  }
  return tag;
}

std::string file_entity_tag(std::int64_t modified_ns, std::uint64_t size) {
  std::string tag = "\"";
  append_hex(tag, static_cast<std::uint64_t>(modified_ns));
  tag += '-';
  append_hex(tag, size);
  return tag += '"';
}

}  // namespace rondo::http
