#pragma once

#include <cstddef>

namespace rondo::testing {

/// How many processes this one is the parent of, running ones and zombies. 0 where /proc can't be
/// read.
std::size_t count_children();

}  // namespace rondo::testing
