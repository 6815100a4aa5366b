#pragma once

#include <string_view>

namespace rondo::http {

/// The value of Content-Type for a file of that name, chosen by its extension, whose case does not
/// matter; "application/octet-stream" for one that is unknown. Text is said to be UTF-8. Static
/// storage.
[[nodiscard]] std::string_view media_type_of(std::string_view file_name) noexcept;

}  // namespace rondo::http
