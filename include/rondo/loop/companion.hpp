#pragma once

#include <rondo/base/job.hpp>

namespace rondo {

/// What a room above keeps for a loop for as long as the loop lives: one object, found again by
/// where its key lies (see loop::find_companion). So the loop can serve rooms that it knows nothing
/// of, and they need no global table of loops. Thread: the loop's.
class loop_companion {
 public:
  explicit loop_companion(const void* key) noexcept : key_(key) {}
  loop_companion(const loop_companion&) = delete;

  /// The loop is being destroyed and has found `j` in a queue of its own. Where it is a job of this
  /// room: lets go of it without running it, and says true.
  virtual bool discard(job& j) noexcept = 0;

  /// The loop is being destroyed, the last moment in which it can be called. This object is
  /// forgotten by it before the call, and may destroy itself.
  virtual void loop_ends() noexcept = 0;

 protected:
  ~loop_companion() = default;

 private:
  friend class loop;
  const void* key_;
  loop_companion* next_ = nullptr;
};

}  // namespace rondo
