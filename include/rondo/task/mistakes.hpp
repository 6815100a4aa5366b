#pragma once

#include <cstdint>
#include <source_location>

namespace rondo {

/// Misuse of tasks that the compiler can't see and that would otherwise end in silence or in
/// undefined behaviour.
enum class mistake : std::uint8_t {
  never_awaited,            ///< destroyed without having run: a `co_await` or a `spawn` is missing
  awaited_twice,            ///< awaited, or spawned, though it was already
  destroyed_while_pending,  ///< its frame is destroyed while it waits, or has children that do
  wrong_thread,             ///< a task, a scope or a handle is used on another thread than its own
};

/// The name of a mistake, such as "never awaited". Static storage.
const char* to_string(mistake m) noexcept;

/// Told of each mistake, with the place of the task (for `never_awaited` its coroutine, otherwise
/// where it was awaited or spawned) and a sentence for people. On the thread that made the mistake.
using mistake_handler = void (*)(mistake m, const std::source_location& place, const char* text);

/// Replaces the handler, for the whole process, as std::set_terminate does; null: the default one,
/// which writes the sentence to standard error. Returns the one before. Any thread.
///
/// When the handler has returned, `never_awaited` is forgiven, since nothing is damaged. All others
/// end the process by std::abort, because what follows would be undefined.
///
/// `never_awaited`, `destroyed_while_pending` and waits on a wrong thread are looked for in debug
/// builds only (CMake: a Debug build, or RONDO_CHECKS); the rest always.
mistake_handler set_mistake_handler(mistake_handler handler) noexcept;

namespace detail {

/// Cold, and outside of all that is inlined.
void report(mistake m, const std::source_location& place) noexcept;

}  // namespace detail
}  // namespace rondo
