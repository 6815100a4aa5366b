#pragma once

#include <cstdint>

namespace rondo {

class task_context;

/// What a line of execution does, seen from outside.
enum class line_event : std::uint8_t {
  begins,     ///< it was spawned
  named,      ///< it has got a name
  resumed,    ///< it runs, on this thread
  suspended,  ///< it waits: `task_context::waits_for` says for what
  waits_on,   ///< its wait goes on, for something else than before; on any thread
  yields,     ///< behind `suspended`: it makes itself ready now, to let the others run
  woken,      ///< somebody on this thread has made it ready to run
  ended,      ///< its last coroutine has ended; it may be gone when this returns
};

/// Told what the lines of an executor do. Not all that a line does is seen: what it awaits and gets
/// at once is no wait, and who is resumed in place by another's end was not woken before.
class line_watcher {
 public:
  /// On the thread that does it; under locks of primitives, so it neither waits nor calls back, and
  /// asks a line no more than `task_context::waits_for_unlocked`.
  virtual void note(line_event what, const task_context& line) noexcept = 0;

  /// From here on `line` has what others may have to wait for, such as a "mutex" (static storage),
  /// known by its address `on`. Null: somebody has it, and it is not known who.
  virtual void holds(const void* /*on*/, const char* /*what*/,
                     const task_context* /*line*/) noexcept {}
  /// The line that had it has given it back.
  virtual void lets_go(const void* /*on*/) noexcept {}

 protected:
  ~line_watcher() = default;
};

}  // namespace rondo
