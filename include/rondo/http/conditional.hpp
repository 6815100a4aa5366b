#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <rondo/http/request_head.hpp>

namespace rondo::http {

/// What is known of the thing that a request asks for, to compare conditions with.
struct validators {
  std::string_view etag;                        ///< as in the ETag field; empty if it has none
  std::optional<std::int64_t> modified_second;  ///< Last-Modified, seconds since 1970
};

/// What the conditions of a request make of it.
enum class precondition : std::uint8_t {
  proceed,       ///< answer it
  not_modified,  ///< 304
  failed,        ///< 412
};

/// Weighs If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in the order of RFC
/// 9110, section 13.2.2, for a thing that exists. Dates that are malformed or repeated are ignored,
/// as section 13.1 has it. `now_second` settles dates with two-digit years.
[[nodiscard]] precondition evaluate_preconditions(const request_head& request,
                                                  const validators& current,
                                                  std::int64_t now_second) noexcept;

/// Whether the Range of a request may be honoured as far as If-Range is concerned (RFC 9110,
/// section 13.1.5): there is none, or it names the current thing by a strong tag or its exact date.
[[nodiscard]] bool if_range_holds(const request_head& request, const validators& current,
                                  std::int64_t now_second) noexcept;

}  // namespace rondo::http
