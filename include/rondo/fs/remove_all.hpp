#pragma once

#include <cstdint>
#include <string_view>

#include <rondo/task/task.hpp>

namespace rondo::fs {

/// Removes a file, or a folder with all that is in it, and yields how many names it has removed; 0
/// where there was nothing. A symbolic link goes, and not what it leads to.
///
/// Safe against somebody who exchanges a folder for a link meanwhile: each name is looked up in the
/// folder that holds it, and never through a path. Trees of any depth. What others add meanwhile
/// goes, too, but whoever adds for ever makes it fail in the end (`errc::directory_not_empty`). It
/// stays in the file system: where another one is mounted in the tree it throws `errc::busy`, since
/// that folder could not be removed, and what lies in it is something else.
///
/// Throws `error` for the first name that can't be removed. A cancel ends it between two names;
/// what has gone by then is gone.
RONDO_OWNING_WRAPPER task<std::uint64_t> remove_all(std::string_view path);

}  // namespace rondo::fs
