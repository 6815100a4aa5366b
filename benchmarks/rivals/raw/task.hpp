// The limit for tasks: the least coroutine that can be awaited, spawned and joined. Its frame comes
// from a free list, it cannot be cancelled, and an exception ends the program.
#pragma once
#include <coroutine>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

/// A ring of coroutines that can run. No bound is checked: the rows never queue more than it holds.
class ready_queue {
 public:
  void push(std::coroutine_handle<> task) { ring_[tail_++ & mask] = task; }
  void run() {
    while (head_ != tail_) ring_[head_++ & mask].resume();
  }

 private:
  static constexpr std::size_t mask = 4095;
  std::coroutine_handle<> ring_[mask + 1] = {};
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
};

inline ready_queue ready;

/// Frames of up to 256 bytes, one size for all, never given back to the heap.
class frame_pool {
 public:
  void* take(std::size_t size) {
    if (size > block) return ::operator new(size);
    if (free_ == nullptr) return ::operator new(block);
    slot* taken = free_;
    free_ = taken->next;
    return taken;
  }
  void give_back(void* at, std::size_t size) {
    if (size > block) {
      ::operator delete(at);
    } else {
      free_ = ::new (at) slot{free_};
    }
  }

 private:
  struct slot {
    slot* next;
  };
  static constexpr std::size_t block = 256;
  slot* free_ = nullptr;
};

inline frame_pool frames;

class task {
 public:
  class promise_type {
   public:
    static void* operator new(std::size_t size) { return frames.take(size); }
    static void operator delete(void* at, std::size_t size) { frames.give_back(at, size); }

    task get_return_object() {
      return task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct resume_waiter {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> done) noexcept {
          return done.promise().waiter;
        }
        void await_resume() noexcept {}
      };
      return resume_waiter{};
    }
    void return_value(long value) { result = value; }
    [[noreturn]] void unhandled_exception() { std::abort(); }

    std::coroutine_handle<> waiter = std::noop_coroutine();
    long result = 0;
  };

  explicit task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  task(task&& other) noexcept : frame_(other.frame_) { other.frame_ = nullptr; }
  task& operator=(task&&) = delete;
  ~task() {
    if (frame_) frame_.destroy();
  }

  /// Queues the task to start by itself.
  void spawn() const { ready.push(frame_); }

  /// Awaits a task that was not spawned: it starts here.
  auto operator co_await() const { return awaiter(frame_, true); }
  /// Awaits a task that was spawned, and has perhaps ended.
  auto join() const { return awaiter(frame_, false); }

 private:
  class awaiter {
   public:
    awaiter(std::coroutine_handle<promise_type> frame, bool starts)
        : frame_(frame), starts_(starts) {}
    bool await_ready() const { return frame_.done(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) {
      frame_.promise().waiter = waiter;
      return starts_ ? std::coroutine_handle<>(frame_) : std::noop_coroutine();
    }
    long await_resume() const { return frame_.promise().result; }

   private:
    std::coroutine_handle<promise_type> frame_;
    bool starts_;
  };

  std::coroutine_handle<promise_type> frame_;
};

/// Lets the others run first.
class yield_now {
 public:
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> self) const { ready.push(self); }
  void await_resume() const {}
};

/// A ring of numbers between tasks of one thread. At most one task waits at either end.
class channel {
 public:
  explicit channel(std::size_t capacity) : capacity_(capacity) {}

  /// Waits while the ring is full.
  auto send(long value) { return sending(*this, value); }
  /// Waits while the ring is empty.
  auto receive() { return receiving(*this); }

 private:
  class sending {
   public:
    sending(channel& to, long value) : to_(to), value_(value) {}
    bool await_ready() const { return to_.tail_ - to_.head_ < to_.capacity_; }
    void await_suspend(std::coroutine_handle<> self) const { to_.sender_ = self; }
    void await_resume() const {
      to_.ring_[to_.tail_++ & mask] = value_;
      wake(to_.receiver_);
    }

   private:
    channel& to_;
    long value_;
  };

  class receiving {
   public:
    explicit receiving(channel& from) : from_(from) {}
    bool await_ready() const { return from_.tail_ != from_.head_; }
    void await_suspend(std::coroutine_handle<> self) const { from_.receiver_ = self; }
    long await_resume() const {
      long value = from_.ring_[from_.head_++ & mask];
      wake(from_.sender_);
      return value;
    }

   private:
    channel& from_;
  };

  static void wake(std::coroutine_handle<>& waiting) {
    if (waiting) ready.push(std::exchange(waiting, nullptr));
  }

  static constexpr std::size_t mask = 1023;
  const std::size_t capacity_;  // at most mask + 1
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::coroutine_handle<> sender_;
  std::coroutine_handle<> receiver_;
  long ring_[mask + 1];
};

/// A mutex between tasks of one thread: handed over in the order of asking.
class mutex {
 public:
  auto lock() { return locking(*this); }
  void unlock() {
    if (first_ == nullptr) {
      held_ = false;
    } else {
      ready.push(std::exchange(first_, first_->next_)->self_);
    }
  }

 private:
  class locking {
   public:
    explicit locking(mutex& wanted) : wanted_(wanted) {}
    bool await_ready() const { return !std::exchange(wanted_.held_, true); }
    void await_suspend(std::coroutine_handle<> self) {
      self_ = self;
      (wanted_.first_ == nullptr ? wanted_.first_ : wanted_.last_->next_) = this;
      wanted_.last_ = this;
    }
    void await_resume() const {}

   private:
    friend mutex;
    mutex& wanted_;
    std::coroutine_handle<> self_;
    locking* next_ = nullptr;
  };

  bool held_ = false;
  locking* first_ = nullptr;
  locking* last_ = nullptr;
};
