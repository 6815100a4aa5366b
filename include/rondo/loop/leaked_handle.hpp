#pragma once

#include <string>

#include <rondo/loop/loop.hpp>

namespace rondo {

/// Told of each handle that keeps a loop alive when that loop is destroyed: a timer, a hook, a hold
/// that nobody has cleared, an operation that nobody waits for. With the place where it was made.
/// On the thread that destroys the loop.
using leak_handler = void (*)(const holder& leaked);

/// Replaces the handler, for the whole process, and returns the one before; null: nobody is told.
/// Any thread. In a debug build (CMake: a Debug build, or RONDO_CHECKS) it is `print_leak` from the
/// start, otherwise null. What has been given to `loop::unref` is not told of.
leak_handler set_leak_handler(leak_handler handler) noexcept;

/// Writes a sentence about it to standard error.
void print_leak(const holder& leaked);
/// That sentence, without a line's end.
std::string leak_text(const holder& leaked);

}  // namespace rondo
