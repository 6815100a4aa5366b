#pragma once

#include <cstddef>

namespace rondo::os {

/// Fills `size` bytes, at most 256, with what nobody can guess (getrandom(2)). 0, or the negated
/// errno. Any thread; waits only in the first moments of a machine.
int fill_with_secret(void* bytes, std::size_t size) noexcept;

}  // namespace rondo::os
