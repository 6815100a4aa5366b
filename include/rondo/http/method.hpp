#pragma once

#include <cstdint>
#include <string_view>

namespace rondo::http {

/// The methods of RFC 9110 and PATCH (RFC 5789). CONNECT is left out: this server is no proxy, and
/// a request that turns the connection into a tunnel has no place among the others.
enum class method : std::uint8_t { get, head, post, put, patch, delete_, options, trace };

/// The method as it stands on the wire. Static storage.
[[nodiscard]] std::string_view name_of(method verb) noexcept;

}  // namespace rondo::http
