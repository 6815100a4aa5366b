#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rondo::http {

/// An entity tag (RFC 9110, section 8.8.3): `"abc"`, or `W/"abc"` for one that is weak.
struct entity_tag {
  std::string_view opaque;  ///< between the quotes
  bool weak = false;
};

/// Reads exactly one tag; nothing if the text is anything else.
[[nodiscard]] std::optional<entity_tag> parse_entity_tag(std::string_view text) noexcept;

/// The same bytes, as far as both tags promise (RFC 9110, section 8.8.3.2).
[[nodiscard]] constexpr bool strongly_equal(entity_tag left, entity_tag right) noexcept {
  return !left.weak && !right.weak && left.opaque == right.opaque;
}
/// Bytes that may stand for each other.
[[nodiscard]] constexpr bool weakly_equal(entity_tag left, entity_tag right) noexcept {
  return left.opaque == right.opaque;
}

/// Takes the next tag from a comma-separated list. Nothing at its end, or where it is malformed:
/// what follows a malformed tag can't be told and is dropped.
[[nodiscard]] std::optional<entity_tag> next_entity_tag(std::string_view& list) noexcept;

/// The tag of a file: its time of modification and its size, which change with every ordinary
/// write. With its quotes, as it stands in an ETag field.
[[nodiscard]] std::string file_entity_tag(std::int64_t modified_ns, std::uint64_t size);

}  // namespace rondo::http
