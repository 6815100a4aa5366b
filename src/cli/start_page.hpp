#pragma once

#include <string>
#include <string_view>

namespace rondo::cli {

/// The page of a server without a folder: what it is, on which backend it runs, and at which
/// address.
std::string start_page(std::string_view backend, std::string_view address);

}  // namespace rondo::cli
