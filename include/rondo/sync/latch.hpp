#pragma once

#include <atomic>
#include <coroutine>
#include <source_location>

#include <rondo/base/assert.hpp>
#include <rondo/sync/wait_list.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// A number of things that have to be done, once: whoever waits goes on when the last is done.
/// 32 bytes; never allocates. Thread: any, also for tasks of several loops at once. Lifetime:
/// outlives its waits.
class latch : private wait_list {
 public:
  explicit latch(int expected) noexcept : left_(expected) { RONDO_ASSERT(expected >= 0, expected); }
  latch(const latch&) = delete;

  class [[nodiscard]] wait_awaiter : private waiter {
   public:
    wait_awaiter(latch& of, int arriving) noexcept
        : waiter("a latch"), latch_(&of), arriving_(arriving) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      task_context& line = waiting.promise().context();
      if (is_cancelled_already(line)) return false;
      if (arriving_ > 0 || !latch_->try_wait()) {
        granted all;
        {
          const holding hold(*latch_);
          latch_->count(arriving_, all);
          if (!latch_->try_wait()) {
            enqueue(*latch_, line, waiting, where);
            return true;
          }
        }
        all.resume_all();
      }
      return !goes_on(line, waiting, where);
    }
    void await_resume() const { end_wait(); }

   private:
    latch* latch_;
    int arriving_;
  };

  /// So many are done. Not more than are expected.
  void count_down(int done = 1) noexcept;
  /// Whether all are done.
  bool try_wait() const noexcept { return left_.load(std::memory_order_acquire) == 0; }

  /// Goes on when all are done. Throws `cancelled`.
  wait_awaiter wait() noexcept { return {*this, 0}; }
  /// Counts down, and waits for the rest. Throws `cancelled`: on entry, without having counted;
  /// while it waits, what was done stays done.
  wait_awaiter arrive_and_wait(int done = 1) noexcept { return {*this, done}; }

 private:
  void count(int done, granted& all) noexcept;

  // How many are missing. Written with the list's lock held, so that none gets in line behind the
  // last; read without it, too: acquire pairs with the release of `count`.
  std::atomic<int> left_;
};

}  // namespace rondo
