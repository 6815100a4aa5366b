#pragma once

#include <rondo/watchdog/limit.hpp>

namespace rondo::watchdog {

/// What becomes of the limit that a program has set: the environment's RONDO_STALL_MS comes first.
duration limit_in_force(duration of_the_program) noexcept;

}  // namespace rondo::watchdog
