#pragma once

#include <coroutine>
#include <exception>
#include <source_location>
#include <utility>

#include <rondo/sync/mutex.hpp>

namespace rondo {

/// Waiting, with a mutex held, until others have changed what it protects. The mutex is given back
/// while one waits, and held again when the wait ends, however it ends: by a cancel, too, so that
/// code between lock and unlock never runs without it. A cancelled wait therefore ends only when
/// its line has come first in the queue for the mutex.
///
/// Who is notified is queued for the mutex by the notifier, and runs only once he has it: a
/// `notify_all` wakes no herd. 32 bytes; never allocates. Thread: any, also for tasks of several
/// loops at once. Lifetime: until those who waited have gone on.
class condition : private wait_list {
 public:
  condition() noexcept = default;
  condition(const condition&) = delete;

  class [[nodiscard]] wait_awaiter : private waiter {
   public:
    wait_awaiter(condition& on, mutex::guard& held) noexcept
        : waiter("a condition"), condition_(&on), guard_(&held) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      task_context& line = waiting.promise().context();
      if (is_cancelled_already(line)) return false;
      begin(line, waiting, where);
      return true;
    }
    void await_resume() const { end(); }

   private:
    friend class condition;
    template <class>
    friend class predicate_awaiter;
    static const wait_kind kind_of_wait;

    void begin(task_context& line, std::coroutine_handle<> waiting,
               std::source_location where) noexcept;
    void begin_again() noexcept;
    void relock() noexcept;
    /// The mutex is held again. Throws `cancelled`, and then no notification has been used up.
    void end() const;
    bool is_to_pass_on() const noexcept { return mine_alone_ && line().cancel_pending(); }

    condition* condition_;
    mutex::guard* guard_;      // outlives the await: it is in the waiting frame, or above it
    bool mine_alone_ = false;  // notified by `notify_one`
    bool has_guard_ = true;    // this very line locked, and so lives as long as the guard
  };

  template <class Predicate>
  class [[nodiscard]] predicate_awaiter : private wait_awaiter {
   public:
    predicate_awaiter(condition& on, mutex::guard& held, Predicate holds) noexcept
        : wait_awaiter(on, held), holds_(std::move(holds)) {
      job::run = &look_again;
    }
    predicate_awaiter(predicate_awaiter&& unstarted) noexcept
        : wait_awaiter(std::move(unstarted)), holds_(std::move(unstarted.holds_)) {
      job::run = &look_again;
    }

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      task_context& line = waiting.promise().context();
      if (this->is_cancelled_already(line)) return false;
      if (look()) return false;
      this->begin(line, waiting, where);
      return true;
    }
    void await_resume() {
      this->end();
      if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
      if (!holds_now_) this->line().throw_cancelled();
    }

   private:
    /// True where there is nothing to wait for: it holds, or it has thrown.
    bool look() noexcept {
      try {
        holds_now_ = static_cast<bool>(holds_());
      } catch (...) {
        failure_ = std::current_exception();
      }
      return holds_now_ || failure_;
    }
    /// The job: runs on the line's thread when it has the mutex again.
    static void look_again(job& j) {
      auto& self = static_cast<predicate_awaiter&>(static_cast<waiter&>(j));
      if (!self.was_cancelled() && !self.is_to_pass_on() && !self.look() &&
          !self.line().cancel_pending()) {
        self.begin_again();
      } else {
        self.line().leaf().resume();
      }
    }

    Predicate holds_;
    std::exception_ptr failure_;
    bool holds_now_ = false;
  };

  /// Gives the mutex back, waits for a notification, and holds the mutex again. What one waits for
  /// need not be so then: somebody may have come in between. `held` outlives the wait. Throws
  /// `cancelled`, with the mutex held.
  wait_awaiter wait(mutex::guard& held) noexcept {
    RONDO_ASSERT(held);
    return {*this, held};
  }

  /// Waits until `holds()` is true, which is only called with the mutex held, on the line's
  /// thread. Not at all where it is true already. Throws what it throws, or `cancelled`, with the
  /// mutex held.
  template <class Predicate>
  predicate_awaiter<Predicate> wait(mutex::guard& held, Predicate holds) noexcept {
    RONDO_ASSERT(held);
    return {*this, held, std::move(holds)};
  }

  /// Lets the first in line look again. Nothing where nobody waits. Where the one who was chosen is
  /// cancelled before he has run, the next is chosen. With or without the mutex held.
  void notify_one() noexcept;
  /// Lets all look again who wait now.
  void notify_all() noexcept;
};

}  // namespace rondo
