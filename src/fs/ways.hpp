#pragma once

#include <rondo/os/file_call.hpp>

namespace rondo::fs {

/// Whether `os::try_perform` is worth a system call before anything else.
bool is_tried_at_once(const os::file_call& call) noexcept;

/// Whether the kernel's ring is the better way for a call that may have to wait, where there is
/// one.
bool is_better_on_ring(const os::file_call& call) noexcept;

}  // namespace rondo::fs
