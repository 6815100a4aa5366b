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
  void schedule(job& j) noexcept { ready_->push(j); }

  /// The same, from any thread.
  virtual void schedule_from_anywhere(job& j) noexcept = 0;

  /// Runs `j` only after everybody else had a turn: other jobs, and I/O that is ready.
  void schedule_after_io(job& j) noexcept { after_io_->push(j); }

  virtual instant now() noexcept = 0;

  /// Runs `t` at `due`, or as soon after as the thread is free. Throws std::bad_alloc.
  virtual void arm(timer& t, instant due) = 0;
  /// `t` will not run any more. Nothing where it is not armed.
  virtual void disarm(timer& t) noexcept = 0;

  /// The reactor on whose thread the jobs run, or null where there is none. Opaque here: executor
  /// and reactor are separate parts, and only the room that joined them knows the type.
  void* reactor() const noexcept { return reactor_; }

 protected:
  /// Whoever derives from this runs what is in the two queues. They are handed in, and not reached
  /// by virtual calls, because most of what a task costs beside its frame is being queued.
  executor(void* reactor, job_queue& ready, job_queue& after_io) noexcept
      : reactor_(reactor), ready_(&ready), after_io_(&after_io) {}

 private:
  void* reactor_;
  job_queue* ready_;
  job_queue* after_io_;
};

}  // namespace rondo
