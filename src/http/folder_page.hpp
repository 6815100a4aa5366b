#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rondo/os/file.hpp>

namespace rondo::http {

/// The page that lists a folder: its decoded path and its entries, folders first. Names are
/// escaped.
std::string folder_page(std::string_view path, const std::vector<os::folder_entry>& entries);

}  // namespace rondo::http
