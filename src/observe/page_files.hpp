#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace rondo::observe {

/// A file of the page, as it was built.
struct page_file {
  std::string_view name;  ///< "page.js"
  const unsigned char* bytes;
  std::size_t size;

  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(bytes), size}; }
};

/// All of them; none where Rondo was built without the page. Written by cmake/RondoPage.cmake.
/// Thread: any.
std::span<const page_file> page_files() noexcept;

}  // namespace rondo::observe
