#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rondo::http {

/// What a Range field asks of a representation of a known size.
enum class range_kind : std::uint8_t {
  whole,          ///< no Range that this server honours: 200 with everything
  part,           ///< 206 with one part
  unsatisfiable,  ///< 416
};

struct selected_range {
  range_kind kind = range_kind::whole;
  std::uint64_t first = 0;  ///< where the bytes to send begin
  std::uint64_t size = 0;   ///< how many they are
};

/// Reads the value of a Range field (RFC 9110, section 14.2) against `size` bytes: "bytes=0-99",
/// "bytes=100-", "bytes=-100". A unit other than bytes, anything malformed, and a set of several
/// ranges are answered with the whole, as the RFC permits: several parts cost more than they
/// save, and overlapping ones have been used to exhaust servers (CVE-2011-3192).
[[nodiscard]] selected_range select_range(std::string_view value, std::uint64_t size) noexcept;

/// The value of Content-Range: "bytes 0-99/1000", or "bytes */1000" for an unsatisfiable one.
[[nodiscard]] std::string content_range(selected_range range, std::uint64_t size);

}  // namespace rondo::http
