#pragma once

#include <cstddef>
#include <string>

namespace rondo::testing {

/// Adds a counter that must read the same before and after every test, e.g. live coroutine frames.
/// Call it before the tests run: `static const bool counted =
/// rondo::testing::register_counter("frames", &live_frames);`. Always returns true. Descriptors are
/// counted without being registered.
bool register_counter(std::string name, std::size_t (*read)());

/// Installs the listener that fails a test which leaks. Called once, by main().
void watch_for_leaks();

}  // namespace rondo::testing
