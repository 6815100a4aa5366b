#pragma once

#include <rondo/base/atomic_cell.hpp>
#include <rondo/base/job.hpp>
#include <rondo/base/thread_token.hpp>
#include <rondo/base/time.hpp>
#include <rondo/base/timer_heap.hpp>
#include <rondo/task/line_watcher.hpp>

namespace rondo {

class crew;
class parallel_scope;
class scope;
class task_context;

/// Where a line that moves gets in line among the others that are ready.
enum class queue_end : bool {
  front,  ///< next on the thread that calls: for who was woken, while what he waited for is warm
  back,   ///< behind those that are ready: for who lets the others run
};

/// What tasks need from whoever runs them, and all they know of it: a queue, a clock and timers.
/// An executor belongs to the thread that made it; only `schedule_from_anywhere`, `schedule_line`,
/// `resume` and `is_mine` may be called from another.
///
/// It is fair: between two turns of whoever runs the jobs (in which I/O and timers have theirs)
/// tasks may be resumed, and operations may end at once, a limited number of times: the allowance.
/// What comes then has to wait for the next turn, so that tasks that always find something to do
/// can't keep the rest from running.
class executor {
 public:
  using stays_on_thread = void;

  virtual ~executor() = default;

  /// Runs `j` on this executor's thread, behind what was scheduled before, never inline: soon, or
  /// in the next turn where the allowance is used up.
  void schedule(job& j) noexcept { (spend() ? ready_ : after_io_)->push(j); }

  /// For an await that could go on at once: false where it is to let the others run first, through
  /// `schedule_after_io`.
  bool spend() noexcept { return --*allowance_ >= 0; }

  /// The same, from any thread.
  virtual void schedule_from_anywhere(job& j) noexcept = 0;
  /// The shorter way of the two. Once it has returned, `j` may be gone.
  void resume(job& j) noexcept { is_mine() ? schedule(j) : schedule_from_anywhere(j); }
  /// Whether the calling thread is the one that runs the jobs.
  bool is_mine() const noexcept { return thread_ == this_thread_token(); }

  /// Runs `j` only after everybody else had a turn: other jobs, and I/O that is ready.
  void schedule_after_io(job& j) noexcept { after_io_->push(j); }

  virtual instant now() noexcept = 0;

  /// Runs `t` at `due`, or as soon after as the thread is free. Throws std::bad_alloc.
  virtual void arm(timer& t, instant due) = 0;
  /// `t` will not run any more. False, and nothing, where it is not armed.
  virtual bool disarm(timer& t) noexcept = 0;

  /// Several executors that share their lines, of which this is one; or null.
  crew* member_of() const noexcept { return crew_; }
  /// Any thread: runs `line` on whichever of the crew is free first. Only in a crew.
  virtual void schedule_line(job& line, queue_end at) noexcept;

  /// The reactor on whose thread the jobs run, or null where there is none. Opaque here: executor
  /// and reactor are separate parts, and only the room that joined them knows the type.
  void* reactor() const noexcept { return reactor_; }

  /// Who is told what the lines here do, or null: nobody. Any thread: who wakes a line tells, too.
  line_watcher* watcher() const noexcept { return watcher_.load_acquire(); }
  /// On the executor's thread. A thread that wakes a line just now may still call the one before,
  /// which therefore outlives every thread that may.
  void set_watcher(line_watcher* w) noexcept { watcher_.store_release(w); }

  /// The line that runs on this thread, or the one that ran last in this call: look whether it
  /// waits. Null where none did. Other threads may ask which it is, and not look at it.
  const task_context* running() const noexcept {
    return static_cast<const task_context*>(running_->load_relaxed());
  }
  void set_running(const task_context* line) noexcept { running_->store_relaxed(line); }

  /// The scope of what is spawned without naming one (see `spawn`), or null.
  scope* root() const noexcept { return root_; }
  void set_root(scope* root) noexcept { root_ = root; }
  /// The same for what may run on any of a crew; null where there is none.
  parallel_scope* parallel_root() const noexcept { return parallel_root_; }
  void set_parallel_root(parallel_scope* root) noexcept { parallel_root_ = root; }

 protected:
  /// Whoever derives from this runs what is in the two queues, and refills the allowance when I/O
  /// and timers have had their turn. They are handed in, and not reached by virtual calls, because
  /// most of what a task costs beside its frame is being queued. `running` is cleared before each
  /// job.
  executor(void* reactor, job_queue& ready, job_queue& after_io, int& allowance,
           atomic_cell<const void*>& running, crew* member_of = nullptr) noexcept
      : reactor_(reactor),
        ready_(&ready),
        after_io_(&after_io),
        allowance_(&allowance),
        running_(&running),
        crew_(member_of),
        thread_(this_thread_token()) {}

 private:
  void* reactor_;
  job_queue* ready_;
  job_queue* after_io_;
  int* allowance_;
  atomic_cell<const void*>* running_;
  crew* crew_;
  const void* thread_;
  // Released by the executor's thread: who calls it sees it made.
  atomic_cell<line_watcher*> watcher_{nullptr};
  scope* root_ = nullptr;
  parallel_scope* parallel_root_ = nullptr;
};

}  // namespace rondo
