#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rondo/os/file.hpp>

namespace rondo::http {

/// Makes text harmless in HTML, in an element as well as in a quoted attribute.
[[nodiscard]] std::string escape_html(std::string_view text);

/// A page in HTML with a link to each entry, folders first, then by name, and to the folder above
/// unless `path` is "/". `path` is decoded and ends in '/'. Names can hold anything: they are
/// encoded in links and escaped in text.
[[nodiscard]] std::string directory_page(std::string_view path,
                                         std::vector<os::folder_entry> entries);

}  // namespace rondo::http
