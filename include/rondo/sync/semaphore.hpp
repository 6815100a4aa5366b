#pragma once

#include <coroutine>
#include <source_location>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/sync/wait_list.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// A number of permits, of which tasks take some and give them back: a limit on how many do
/// something at once. First come, first served, also where the first asks for many: those behind
/// him wait, though there would be enough for them. 32 bytes; never allocates. Thread: any, also
/// for tasks of several loops at once. Lifetime: outlives its permits and waits.
class semaphore : private wait_list {
 public:
  explicit semaphore(int permits) noexcept : available_(permits) {
    RONDO_ASSERT(permits >= 0, permits);
    on_cancel(&serve_those_behind);
  }
  semaphore(const semaphore&) = delete;

  /// Some permits, given back when this is destroyed. Move-only; may be empty. May travel to other
  /// tasks and other threads.
  class [[nodiscard]] permit {
   public:
    permit() noexcept = default;
    permit(permit&& other) noexcept
        : from_(std::exchange(other.from_, nullptr)), count_(other.count_) {}
    permit& operator=(permit&& other) noexcept {
      if (this != &other) {
        release();
        from_ = std::exchange(other.from_, nullptr);
        count_ = other.count_;
      }
      return *this;
    }
    ~permit() { release(); }

    /// How many; 0 where it is empty.
    int count() const noexcept { return from_ == nullptr ? 0 : count_; }
    explicit operator bool() const noexcept { return from_ != nullptr; }
    /// Gives them back before this dies.
    void release() noexcept {
      if (from_ != nullptr) std::exchange(from_, nullptr)->release(count_);
    }
    /// They are used up, and not given back: whoever has done what they stand for calls
    /// `semaphore::release`.
    void forget() noexcept { from_ = nullptr; }

   private:
    friend class semaphore;
    permit(semaphore& from, int count) noexcept : from_(&from), count_(count) {}

    semaphore* from_ = nullptr;
    int count_ = 0;
  };

  class [[nodiscard]] acquire_awaiter : private waiter {
   public:
    acquire_awaiter(semaphore& from, int count) noexcept
        : waiter("permits of a semaphore"), from_(&from), count_(count) {
      RONDO_ASSERT(count >= 1, count);
    }

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      task_context& line = waiting.promise().context();
      if (is_cancelled_already(line)) return false;
      {
        const holding hold(*from_);
        if (!from_->take(count_)) {
          enqueue(*from_, line, waiting, where);
          return true;
        }
      }
      return !goes_on(line, waiting, where);
    }
    permit await_resume() const {
      end_wait();
      return permit(*from_, count_);
    }

   private:
    friend class semaphore;

    semaphore* from_;
    int count_;
  };

  /// `auto permit = co_await s.acquire();` Throws `cancelled`, and then has taken none.
  acquire_awaiter acquire(int count = 1) noexcept { return {*this, count}; }

  /// Never suspends: an empty permit where there are not as many, or where somebody waits.
  permit try_acquire(int count = 1) noexcept {
    RONDO_ASSERT(count >= 1, count);
    const holding hold(*this);
    if (!take(count)) return permit();
    return permit(*this, count);
  }

  /// Adds permits: those of a `forget`, or new ones.
  void release(int count = 1) noexcept {
    granted served;
    {
      const holding hold(*this);
      RONDO_ASSERT(count >= 0 && count <= most - available_, count, available_);
      available_ += count;
      if (!empty()) serve(served);
    }
    served.resume_all();
  }

  /// How many could be had now. May be out of date at once.
  int available() noexcept {
    const holding hold(*this);
    return available_;
  }

 private:
  // All with the list's lock held.
  bool take(int count) noexcept {
    if (available_ < count || !empty()) return false;
    available_ -= count;
    return true;
  }
  void serve(granted& served) noexcept;
  static void serve_those_behind(wait_list& self, granted& served) noexcept;

  static constexpr int most = 0x7fffffff;
  int available_;  // guarded by the list's lock
};

}  // namespace rondo
