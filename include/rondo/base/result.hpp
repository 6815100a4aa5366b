#pragma once

#include <expected>

#include <rondo/base/error.hpp>

namespace rondo {

/// A value, or the `error` that stands in its place. For who would rather look than catch.
template <class T = void>
using result = std::expected<T, error>;

}  // namespace rondo
