#pragma once

#include <concepts>
#include <coroutine>
#include <new>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/base/config.hpp>
#include <rondo/task/frame_pool.hpp>
#include <rondo/task/mistakes.hpp>
#include <rondo/task/task_context.hpp>

namespace rondo {

template <class T = void>
class task;

/// What a coroutine that runs in a line of execution knows of itself: the line, who goes on when it
/// ends, and where it is awaited. The base of the promises of all coroutines whose awaits can be
/// cancelled and scheduled by us; their promises are the first member of no class and not
/// over-aligned, so that a stack can be read from its leaf upwards.
class task_frame {
 public:
  task_context& context() const noexcept { return *context_; }
  bool has_started() const noexcept { return context_ != nullptr; }
  /// Reports `mistake::awaited_twice` where it has.
  void check_not_started() const noexcept {
    if (has_started()) [[unlikely]]
      detail::report(mistake::awaited_twice, place_);
  }

  /// Before the first resume. An empty continuation marks the outermost task of a line.
  void start_in(task_context& context, std::coroutine_handle<> continuation,
                std::source_location awaited_at) noexcept {
    context_ = &context;
    continuation_ = continuation;
    place_ = awaited_at;
  }

  std::coroutine_handle<> continuation() const noexcept { return continuation_; }
  /// Where it is awaited, or spawned; before it has started, which coroutine it is.
  const std::source_location& place() const noexcept { return place_; }

  /// The frame of a coroutine of ours, whatever it yields.
  static task_frame& of(std::coroutine_handle<> coroutine) noexcept {
    return std::coroutine_handle<task_frame>::from_address(coroutine.address()).promise();
  }

 protected:
  task_frame() noexcept = default;
  /// Before it starts.
  void is_coroutine(std::source_location itself) noexcept { place_ = itself; }

 private:
  std::coroutine_handle<> continuation_;
  task_context* context_ = nullptr;
  std::source_location place_;
};

/// A coroutine that runs in a line of execution.
template <class Promise>
concept task_promise = std::derived_from<Promise, task_frame>;

namespace detail {

/// What the promises of all tasks share.
class promise_base : public task_frame {
 public:
  static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
  static void operator delete(void* frame, std::size_t size) noexcept {
    frame_pool::deallocate(frame, size);
  }

  // The default argument is evaluated in the coroutine itself, and so names it.
  std::suspend_always initial_suspend(
      std::source_location coroutine = std::source_location::current()) noexcept {
    is_coroutine(coroutine);
    return {};
  }

  class final_awaiter {
   public:
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      promise_base& p = ended.promise();
      return p.continuation() ? p.continuation() : p.context().finish();
    }
    void await_resume() const noexcept {}
  };
  final_awaiter final_suspend() const noexcept { return {}; }

  void unhandled_exception() noexcept { context().capture_failure(); }
};

template <class T>
class promise final : public promise_base {
 public:
  promise() noexcept {}  // the result begins to live in return_value
  ~promise() {
    if (has_value_) value_.~T();
  }
  promise(const promise&) = delete;
  promise& operator=(const promise&) = delete;

  task<T> get_return_object() noexcept;

  template <class U = T>  // the default is for `co_return {...};`
    requires std::is_convertible_v<U&&, T>
  void return_value(U&& value) noexcept(std::is_nothrow_constructible_v<T, U&&>) {
    ::new (static_cast<void*>(&value_)) T(std::forward<U>(value));
    has_value_ = true;
  }

  T take() noexcept(std::is_nothrow_move_constructible_v<T>) { return std::move(value_); }
  bool has_value() const noexcept { return has_value_; }

 private:
  union {
    T value_;
  };
  bool has_value_ = false;
};

template <class T>
class promise<T&> final : public promise_base {
 public:
  task<T&> get_return_object() noexcept;
  void return_value(T& value) noexcept { value_ = &value; }
  T& take() noexcept { return *value_; }
  bool has_value() const noexcept { return value_ != nullptr; }

 private:
  T* value_ = nullptr;
};

template <>
class promise<void> final : public promise_base {
 public:
  task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

/// A lazy coroutine that yields a T: nothing of it runs until it is awaited or spawned. Owns its
/// frame; move-only. Awaiting starts it in place, without a queue and without growing the stack,
/// and rethrows what leaves it. A task is awaited or spawned once, as an rvalue: `co_await work()`.
///
/// Lifetime: parameters taken by reference must outlive the task, which is so when it is awaited
/// where it is called, and is not when it is spawned.
template <class T>
class RONDO_COROUTINE_TYPE task {
 public:
  using promise_type = detail::promise<T>;
  using value_type = T;
  using handle = std::coroutine_handle<promise_type>;

  task() noexcept = default;
  task(task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      if (handle_) destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  ~task() {
    if (handle_) destroy();
  }

  class awaiter {
   public:
    explicit awaiter(handle child) noexcept : child_(child) {}
    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    handle await_suspend(
        std::coroutine_handle<Promise> parent,
        std::source_location where = std::source_location::current()) const noexcept {
      child_.promise().start_in(parent.promise().context(), parent, where);
      return child_;
    }
    T await_resume() const {
      task_context& context = child_.promise().context();
      if (context.has_failed()) [[unlikely]]
        context.rethrow_failure();
      return child_.promise().take();
    }

   private:
    handle child_;  // the task object outlives the await expression
  };
  awaiter operator co_await() && noexcept {
    RONDO_ASSERT(handle_);  // an empty task: moved from, awaited or spawned already
    handle_.promise().check_not_started();
    return awaiter(handle_);
  }
  void operator co_await() & = delete;  // a task is awaited once: co_await std::move(t)

  explicit operator bool() const noexcept { return static_cast<bool>(handle_); }

  /// Gives the frame away, to who starts and destroys it.
  handle release() noexcept { return std::exchange(handle_, {}); }

 private:
  friend promise_type;
  explicit task(handle h) noexcept : handle_(h) {}

  void destroy() noexcept {
    if constexpr (detail::checks) {
      const task_frame& frame = handle_.promise();
      if (!frame.has_started()) {
        detail::report(mistake::never_awaited, frame.place());
      } else if (!handle_.done()) {
        detail::report(mistake::destroyed_while_pending, frame.place());
      }
    }
    handle_.destroy();
  }

  handle handle_;
};

namespace detail {

template <class T>
RONDO_COROUTINE_WRAPPER task<T> promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<promise>::from_promise(*this));
}
template <class T>
RONDO_COROUTINE_WRAPPER task<T&> promise<T&>::get_return_object() noexcept {
  return task<T&>(std::coroutine_handle<promise>::from_promise(*this));
}
RONDO_COROUTINE_WRAPPER inline task<void> promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<promise>::from_promise(*this));
}

}  // namespace detail
}  // namespace rondo
