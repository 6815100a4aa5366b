#pragma once

#include <rondo/watchdog/facts.hpp>
#include <rondo/watchdog/stall.hpp>

namespace rondo::watchdog {

/// Adds to a stall what its thread has written down, the addresses made readable.
void add_facts(stall& to, const facts& from);
/// To the hook, or to standard error. On the watcher's thread.
void tell(const stall& s) noexcept;

}  // namespace rondo::watchdog
