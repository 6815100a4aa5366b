#pragma once

#include <atomic>
#include <coroutine>
#include <source_location>

#include <rondo/sync/wait_list.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// Something that has happened or not: once it is set, all who wait go on, and whoever comes later
/// does not wait, until it is reset. 32 bytes; never allocates. Thread: any, also for tasks of
/// several loops at once. Lifetime: outlives its waits.
class event : private wait_list {
 public:
  event() noexcept = default;
  event(const event&) = delete;

  class [[nodiscard]] wait_awaiter : private waiter {
   public:
    explicit wait_awaiter(event& of) noexcept : waiter("an event"), event_(&of) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      task_context& line = waiting.promise().context();
      if (is_cancelled_already(line)) return false;
      if (!event_->is_set()) {
        const holding hold(*event_);
        if (!event_->is_set()) {
          enqueue(*event_, line, waiting, where);
          return true;
        }
      }
      return !goes_on(line, waiting, where);
    }
    void await_resume() const { end_wait(); }

   private:
    event* event_;
  };

  /// Goes on at once where it is set; otherwise when it is set, even if it is reset before those
  /// who waited have run. Throws `cancelled`.
  wait_awaiter wait() noexcept { return wait_awaiter(*this); }

  /// It has happened. Idempotent.
  void set() noexcept;
  /// It has not happened (any more).
  void reset() noexcept;
  bool is_set() const noexcept { return set_.load(std::memory_order_acquire); }

 private:
  // Written with the list's lock held, so that none gets in line for what has happened. Read
  // without it, too: acquire pairs with the release of `set`.
  std::atomic<bool> set_{false};
};

}  // namespace rondo
