#pragma once

#include <rondo/base/job.hpp>
#include <rondo/base/time.hpp>
#include <rondo/base/timer_heap.hpp>

namespace rondo {

/// What tasks need from whoever runs them, and all they know of it: a queue, a clock and timers.
/// An executor belongs to one thread; only `schedule_from_anywhere` may be called from another.
class executor {
 public:
  virtual ~executor() = default;

  /// Runs `j` on this executor's thread, behind what was scheduled before, never inline.
  virtual void schedule(job& j) noexcept = 0;

  /// The same, from any thread.
  virtual void schedule_from_anywhere(job& j) noexcept = 0;

  /// Runs `j` only after everybody else had a turn: other jobs, and I/O that is ready.
  virtual void schedule_after_io(job& j) noexcept = 0;

  virtual instant now() noexcept = 0;

  /// Runs `t` at `due`, or as soon after as the thread is free. Throws std::bad_alloc.
  virtual void arm(timer& t, instant due) = 0;
  /// `t` will not run any more. Nothing where it is not armed.
  virtual void disarm(timer& t) noexcept = 0;

  /// The reactor on whose thread the jobs run, or null where there is none. Opaque here: executor
  /// and reactor are separate parts, and only the room that joined them knows the type.
  void* reactor() const noexcept { return reactor_; }

 protected:
  explicit executor(void* reactor) noexcept : reactor_(reactor) {}

 private:
  void* reactor_;
};

}  // namespace rondo
