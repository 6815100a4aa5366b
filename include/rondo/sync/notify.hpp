#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <source_location>

#include <rondo/sync/wait_list.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// A tap on the shoulder: "look again". What there is to see lies elsewhere. A notification for
/// nobody is kept, one at most, for who comes next; so who looks, finds nothing and waits can't
/// miss it. 32 bytes; never allocates. Thread: any, also for tasks of several loops at once.
/// Lifetime: until those who waited have gone on.
class notify : private wait_list {
 public:
  notify() noexcept = default;
  notify(const notify&) = delete;

  class [[nodiscard]] wait_awaiter : private waiter {
   public:
    explicit wait_awaiter(notify& by) noexcept
        : waiter("a notification"),
          notify_(&by),
          rounds_seen_(by.rounds_.load(std::memory_order_acquire)) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      task_context& line = waiting.promise().context();
      if (is_cancelled_already(line)) return false;
      {
        const holding hold(*notify_);
        if (!take_what_came()) {
          enqueue(*notify_, line, waiting, where);
          return true;
        }
      }
      return !goes_on(line, waiting, where);
    }
    void await_resume() const {
      end_wait();
      if (mine_alone_ && line().cancel_pending()) [[unlikely]]
        pass_on();
    }

   private:
    friend class notify;
    bool take_what_came() noexcept;
    [[noreturn]] void pass_on() const;

    notify* notify_;
    std::uint32_t rounds_seen_;
    bool mine_alone_ = false;  // it came by `notify_one`
  };

  /// Waits for a notification. One by `notify_all` counts from the call of `wait`, not of
  /// `co_await`: make it, look, and then await it. Throws `cancelled`.
  ///
  /// A `notify_one` that has chosen this wait is not lost where the line is cancelled before it
  /// has run: it goes to the next in line, or is kept, and `cancelled` is thrown. (Elsewhere, what
  /// was granted is kept. A notification can't be: it is worth something only to who looks, and
  /// where `when_any` or a timeout drops the wait nobody will.)
  wait_awaiter wait() noexcept { return wait_awaiter(*this); }

  /// Lets the first in line go on, or whoever waits next.
  void notify_one() noexcept;
  /// Lets all go on who wait now. Nothing is kept for later.
  void notify_all() noexcept;

 private:
  bool kept_ = false;  // a notification for who comes next; guarded by the list's lock
  // Calls of `notify_all`, modulo 2^32. Written with the lock held; read without it, too, by who
  // begins to wait: acquire, so that he then sees what was done before the call.
  std::atomic<std::uint32_t> rounds_{0};
};

}  // namespace rondo
