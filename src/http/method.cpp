// The names of the methods.
#include <rondo/http/method.hpp>

#include <array>
#include <cstddef>

namespace rondo::http {

std::string_view name_of(method verb) noexcept {
  static constexpr std::array<std::string_view, 8> names = {"GET",   "HEAD",   "POST",    "PUT",
                                                            "PATCH", "DELETE", "OPTIONS", "TRACE"};
  return names[static_cast<std::size_t>(verb)];
}

}  // namespace rondo::http
