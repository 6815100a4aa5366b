#pragma once

#include <coroutine>
#include <source_location>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/sync/wait_list.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// Many readers or one writer. Fair: a reader who comes after a waiting writer waits behind him, so
/// neither can starve the other; readers who stand next to each other go in together. It follows
/// that a line which reads must not ask to read once more. 40 bytes; never allocates. Thread: any,
/// also for tasks of several loops at once. Lifetime: outlives its guards and waits.
class shared_mutex : private wait_list {
 public:
  shared_mutex() noexcept { on_cancel(&serve_those_behind); }
  shared_mutex(const shared_mutex&) = delete;
  ~shared_mutex() { RONDO_ASSERT(!writes_ && readers_ == 0, writes_, readers_); }

  /// Holds it, alone or shared, until it is destroyed or `unlock` is called. Move-only; may be
  /// empty. May travel to other tasks and other threads.
  template <bool Shared>
  class [[nodiscard]] hold {
   public:
    hold() noexcept = default;
    hold(hold&& other) noexcept : mutex_(other.moved()) {}
    hold& operator=(hold&& other) noexcept {
      if (this != &other) {
        unlock();
        mutex_ = other.moved();
      }
      return *this;
    }
    ~hold() { unlock(); }

    /// Gives it back before this dies. Nothing where this is empty.
    void unlock() noexcept {
      if (mutex_ != nullptr) std::exchange(mutex_, nullptr)->release(Shared);
    }
    explicit operator bool() const noexcept { return mutex_ != nullptr; }

   private:
    friend class shared_mutex;
    explicit hold(shared_mutex& held) noexcept : mutex_(&held) {}
    /// From here on it may be anybody's.
    shared_mutex* moved() noexcept {
      if (!Shared && mutex_ != nullptr) mutex_->written_by_somebody();
      return std::exchange(mutex_, nullptr);
    }

    shared_mutex* mutex_ = nullptr;
  };
  using guard = hold<false>;
  using shared_guard = hold<true>;

 private:
  class request : protected waiter {
   public:
    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      task_context& line = waiting.promise().context();
      if (is_cancelled_already(line)) return false;
      {
        const holding in(*mutex_);
        if (!mutex_->empty() || !mutex_->enter(shared_, &line)) {
          enqueue(*mutex_, line, waiting, where);
          return true;
        }
      }
      return !goes_on(line, waiting, where);
    }

   protected:
    request(shared_mutex& wanted, bool shared, const char* what) noexcept
        : waiter(what), mutex_(&wanted), shared_(shared) {}
    shared_mutex& wanted() const noexcept { return *mutex_; }

   private:
    friend class shared_mutex;

    shared_mutex* mutex_;
    bool shared_;
  };

  template <bool Shared>
  class [[nodiscard]] lock_awaiter : public request {
   public:
    explicit lock_awaiter(shared_mutex& wanted) noexcept
        : request(wanted, Shared, Shared ? "shared lock of a mutex" : "lock of a shared mutex") {}
    hold<Shared> await_resume() const {
      this->end_wait();
      return hold<Shared>(this->wanted());
    }
  };

 public:
  /// To write, alone. Throws `cancelled`.
  lock_awaiter<false> lock() noexcept { return lock_awaiter<false>(*this); }
  /// To read, with other readers. Throws `cancelled`.
  lock_awaiter<true> lock_shared() noexcept { return lock_awaiter<true>(*this); }

  /// Never suspend: empty where it can't be had at once, or where somebody waits.
  guard try_lock() noexcept { return try_enter(false) ? guard(*this) : guard(); }
  shared_guard try_lock_shared() noexcept {
    return try_enter(true) ? shared_guard(*this) : shared_guard();
  }

 private:
  // With the list's lock held.
  bool enter(bool shared, const task_context* line) noexcept {
    if (writes_ || (!shared && readers_ > 0)) return false;
    if (shared) {
      ++readers_;
      return true;
    }
    writes_ = true;
    writer_ = line;
    if (line != nullptr) line->tell_held(name(), "shared mutex");
    return true;
  }
  /// As a wait for it says it.
  const void* name() const noexcept { return static_cast<const wait_list*>(this); }
  /// By who holds it alone.
  void written_by_somebody() noexcept {
    if (const task_context* const line = std::exchange(writer_, nullptr)) {
      line->tell_held_by_others(name(), "shared mutex");
    }
  }
  void serve(granted& served) noexcept;
  static void serve_those_behind(wait_list& self, granted& served) noexcept;

  bool try_enter(bool shared) noexcept;
  void release(bool shared) noexcept;

  // Guarded by the list's lock.
  bool writes_ = false;
  int readers_ = 0;
  // The line that writes and is sure to live until it has unlocked; null where none is known. Of
  // who holds it alone, and of who hands it over.
  const task_context* writer_ = nullptr;
};

}  // namespace rondo
