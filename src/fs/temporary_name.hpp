#pragma once

#include <string>
#include <string_view>

namespace rondo::fs {

/// A hidden name beside `path` that nobody else comes to think of, for what is not complete.
std::string temporary_name(std::string_view path);

}  // namespace rondo::fs
