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
  woken,      ///< somebody on this thread has made it ready to run
  ended,      ///< its last coroutine has ended; it may be gone when this returns
};

/// Told what the lines of an executor do. Not all that a line does is seen: what it awaits and gets
/// at once is no wait, and who is resumed in place by another's end was not woken before.
class line_watcher {
 public:
  /// On the thread that does it; under locks of primitives, so it neither waits nor calls back.
  virtual void note(line_event what, const task_context& line) noexcept = 0;

 protected:
  ~line_watcher() = default;
};

}  // namespace rondo
