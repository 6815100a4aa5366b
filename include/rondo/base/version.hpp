#pragma once

#include <string_view>

namespace rondo {

/// The version of the compiled library, as "major.minor.patch". Any thread; the text lives for
/// ever.
[[nodiscard]] std::string_view version() noexcept;

}  // namespace rondo
