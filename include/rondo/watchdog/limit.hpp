#pragma once

#include <rondo/base/time.hpp>

namespace rondo {

/// How long a call may hold a loop until that is reported, where nobody says otherwise: 100 ms, and
/// a second where a sanitizer or valgrind slows all down. Any thread.
duration default_stall_limit() noexcept;

}  // namespace rondo
