#pragma once

#include <cstdint>
#include <vector>

#include <rondo/watchdog/stall.hpp>

namespace rondo::watchdog {

/// What lies at an address of code: the function, and before it those that the compiler has put
/// into it there, innermost first. At least one, which may know nothing. Any thread, one at a time;
/// reads the program's debug information the first time, which takes a moment. Throws
/// std::bad_alloc.
std::vector<native_frame> symbols_of(std::uintptr_t address);

}  // namespace rondo::watchdog
