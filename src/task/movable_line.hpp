#pragma once

#include <atomic>

#include <rondo/base/thread_lock.hpp>
#include <rondo/task/parallel_scope.hpp>

namespace rondo::detail {

/// A task spawned into a parallel scope of a crew. Joining it, its end and a cancel may meet from
/// several threads. Unless it was told to stay, it may go on on another thread whenever it is
/// resumed from a queue.
///
/// At any moment it is in one of three places:
///  - queued: in the crew's queues. Whoever takes it out makes it his own (`resume_here`).
///  - running: on its thread, and nobody else's.
///  - waiting: somebody holds the right to resume it (who holds a lock, who sends to a channel, its
///    own loop), and uses that right once, through `queue`. Meanwhile a cancel may reach it on its
///    own thread. So that the line can't go on elsewhere and destroy what that cancel looks at,
///    both take `lock_`.
class movable_line final : public spawned {
 public:
  static movable_line& of(task_context& line) noexcept { return static_cast<movable_line&>(line); }
  static const movable_line& of(const task_context& line) noexcept {
    return static_cast<const movable_line&>(line);
  }

  movable_line() noexcept : spawned(shared) {}

  /// Queues it for the first time.
  void start(parallel_core& scope, std::coroutine_handle<> frame, placement where_to,
             std::source_location where) noexcept;

  bool has_ended() const noexcept { return ended_.load(std::memory_order_acquire); }
  bool begin_join(joiner& waiting) noexcept;
  bool end_join(joiner& waiting) noexcept;

  /// Cancels it soon, wherever it is. Any thread.
  void ask_to_end(cancel_cause why) noexcept;
  /// Cancels it where it waits on the calling thread, that of `here`. Where it is queued it meets
  /// the cancel when it is taken out.
  void cancel_if_here(const executor& here, const cancel_cause& why) noexcept;

  /// See task_context::queue.
  void get_in_line(job* then, queue_end at) noexcept;
  /// For who runs it, or its leaf, on the thread of `here`, without having taken it out of a queue.
  void comes_to(executor& here) noexcept;

  /// While it is held the line neither goes to another thread nor ends.
  thread_lock& lock() noexcept { return lock_; }

  /// One owner less: the handle, the task itself, a cancel that is on its way.
  void release() noexcept;

 private:
  static void resume_here(job& j);
  static void ask_arrived(job& j);
  static std::coroutine_handle<> ended(task_context& line) noexcept;

  struct ask : job {
    movable_line* line = nullptr;
    executor* on = nullptr;
    cancel_cause cause;
  };

  parallel_core* in_ = nullptr;
  parallel_core::part* part_ = nullptr;  // that of the thread where it was spawned
  job* then_ = nullptr;  // what to run when it is taken out; null: the leaf is resumed
  ask ask_;              // guarded by `lock_`; the cause is set once
  // The handle, the task, and an ask that is on its way. The last one out (acq_rel) frees it.
  std::atomic<int> owners_{2};
  // False, then true under `lock_`: released when the result is there, acquired by who asks for it.
  std::atomic<bool> ended_{false};
  thread_lock lock_;  // joining, ending, cancelling, and being taken over by a thread
};

}  // namespace rondo::detail
