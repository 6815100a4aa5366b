#pragma once

#include <string_view>

namespace rondo::http {

/// The reason phrase that the registry of status codes gives (IANA, "HTTP Status Code Registry");
/// empty for a code that it does not know. Static storage.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

/// Whether a response of this status never has a body, and hence neither Content-Length nor
/// Transfer-Encoding of its own: 1xx, 204, 304 (RFC 9112, section 6.3).
[[nodiscard]] constexpr bool is_bodiless(int status) noexcept {
  return (status >= 100 && status < 200) || status == 204 || status == 304;
}

}  // namespace rondo::http
