#pragma once

#include <string>
#include <string_view>

namespace rondo::cli {

/// The page of a server without a folder: what it is, and on which backend it runs.
std::string start_page(std::string_view backend);

}  // namespace rondo::cli
