#pragma once

#include <rondo/watchdog/facts.hpp>

namespace rondo {

/// What the watchdog is told of the line of execution that runs in a call which does not end. In a
/// signal handler on that line's thread.
void describe_running_line(const void* line, watchdog::facts& into) noexcept;

}  // namespace rondo
