#pragma once

#include <atomic>
#include <coroutine>
#include <source_location>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/sync/wait_list.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// Mutual exclusion between tasks: who has to wait is suspended, and blocks no thread. An unlock
/// hands over to the line that has waited longest, so nobody can overtake and nobody starves.
/// 40 bytes; never allocates. Thread: any, also for tasks of several loops at once. Lifetime:
/// outlives its guards and waits.
///
/// Not recursive: a line that locks what it holds would wait for itself, and aborts instead. (Where
/// the guard has been moved since, nobody knows any more who holds it, and the line waits.)
class mutex : private wait_list {
 public:
  mutex() noexcept = default;
  mutex(const mutex&) = delete;
  ~mutex() { RONDO_ASSERT(!held_); }

  /// Holds the mutex until it is destroyed, or `unlock` is called. Move-only; may be empty.
  class [[nodiscard]] guard {
   public:
    guard() noexcept = default;
    guard(guard&& other) noexcept : mutex_(other.moved()) {}
    guard& operator=(guard&& other) noexcept {
      if (this != &other) {
        unlock();
        mutex_ = other.moved();
      }
      return *this;
    }
    ~guard() { unlock(); }

    /// Gives the mutex back before the guard dies. Nothing where the guard is empty.
    void unlock() noexcept {
      if (mutex_ != nullptr) std::exchange(mutex_, nullptr)->unlock();
    }
    /// Whether it holds a mutex.
    explicit operator bool() const noexcept { return mutex_ != nullptr; }

   private:
    friend class mutex;
    friend class condition;
    explicit guard(mutex& held) noexcept : mutex_(&held) {}
    /// From here on the line that locked may end before it is unlocked.
    mutex* moved() noexcept {
      if (mutex_ != nullptr) mutex_->held_by_somebody();
      return std::exchange(mutex_, nullptr);
    }

    mutex* mutex_ = nullptr;
  };

  class [[nodiscard]] lock_awaiter : private waiter {
   public:
    explicit lock_awaiter(mutex& wanted) noexcept : waiter("lock of a mutex"), mutex_(&wanted) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      task_context& line = waiting.promise().context();
      if (is_cancelled_already(line)) return false;
      {
        const holding hold(*mutex_);
        if (mutex_->held_) {
          RONDO_ASSERT(mutex_->holder() != &line);  // this line holds it already
          enqueue(*mutex_, line, waiting, where, kind_of_lock);
          return true;
        }
        mutex_->take(&line);
      }
      return !goes_on(line, waiting, where);
    }
    guard await_resume() const {
      end_wait();
      return guard(*mutex_);
    }

   private:
    static const wait_kind kind_of_lock;

    mutex* mutex_;
  };

  /// `auto hold = co_await m.lock();` Throws `cancelled`, and then does not hold it.
  lock_awaiter lock() noexcept { return lock_awaiter(*this); }

  /// Never suspends: an empty guard where somebody else holds it.
  guard try_lock() noexcept {
    const holding hold(*this);
    if (held_) return guard();
    take(nullptr);
    return guard(*this);
  }

 private:
  friend class condition;

  const task_context* holder() const noexcept { return holder_.load(std::memory_order_relaxed); }
  void held_by(const task_context* line) noexcept {
    holder_.store(line, std::memory_order_relaxed);
    if (line != nullptr) line->tell_held(name(), "mutex");
  }
  void held_by_somebody() noexcept {
    if (const task_context* const line = holder()) line->tell_held_by_others(name(), "mutex");
    holder_.store(nullptr, std::memory_order_relaxed);
  }
  /// As a wait for it says it.
  const void* name() const noexcept { return static_cast<const wait_list*>(this); }

  void describe_holder(wait_description& d) noexcept;

  // Both with the list's lock held.
  void take(const task_context* line) noexcept {
    held_ = true;
    held_by(line);
  }
  waiter* hand_over() noexcept {
    if (const task_context* const line = holder()) line->tell_free(name());
    waiter* const next = pop();
    held_ = next != nullptr;
    held_by(held_ ? &next->line() : nullptr);
    return next;
  }
  void unlock() noexcept {
    waiter* next = nullptr;
    {
      const holding hold(*this);
      next = hand_over();
    }
    if (next != nullptr) next->resume_from_anywhere();
  }

  bool held_ = false;  // guarded by the list's lock
  // The line that is sure to live until it has unlocked; null where none is known: `try_lock` is
  // called by no line in particular, and a guard that has moved may be anybody's. Written by who
  // holds the mutex, and by who hands it over; what it says is only relied on with the list's lock
  // held, or by the line itself.
  std::atomic<const task_context*> holder_{nullptr};
};

}  // namespace rondo
