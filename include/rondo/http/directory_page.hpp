#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::http {

/// One thing in a folder.
struct directory_entry {
  std::string name;  ///< bytes, as the file system has it
  bool is_folder = false;
  std::uint64_t size = 0;            ///< bytes; not shown for a folder
  std::int64_t modified_second = 0;  ///< since 1970
};

/// Makes text harmless in HTML, in an element as well as in a quoted attribute.
[[nodiscard]] std::string escape_html(std::string_view text);

/// A page in HTML with a link to each entry, folders first, then by name, and to the folder above
/// unless `path` is "/". `path` is decoded and ends in '/'. Names can hold anything: they are
/// encoded in links and escaped in text.
[[nodiscard]] std::string directory_page(std::string_view path,
                                         std::vector<directory_entry> entries);

}  // namespace rondo::http
