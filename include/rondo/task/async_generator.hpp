#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/base/config.hpp>
#include <rondo/task/elements_of.hpp>
#include <rondo/task/frame_pool.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

template <class T>
class async_generator;

namespace detail {

/// A chain as that of `generator_promise`, but its members run in the consumer's line of execution
/// and may await. `continuation()` of the root is the consumer, of the others the one that yields
/// their elements, as a reader of the stack expects.
template <class T>
class async_generator_promise : public task_frame {
 public:
  using handle = std::coroutine_handle<async_generator_promise>;
  using pointer = std::remove_reference_t<T>*;

  static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
  static void operator delete(void* frame, std::size_t size) noexcept {
    frame_pool::deallocate(frame, size);
  }

  async_generator<T> get_return_object() noexcept;
  std::suspend_always initial_suspend(
      std::source_location coroutine = std::source_location::current()) noexcept {
    is_coroutine(coroutine);
    return {};
  }

  class final_awaiter {
   public:
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(handle ended) const noexcept {
      async_generator_promise& p = ended.promise();
      if (p.parent_ == nullptr) return p.hand_over(nullptr);
      p.parent_->goes_on_in(p.context());
      p.root_->leaf_ = p.parent_;
      return p.continuation();
    }
    void await_resume() const noexcept {}
  };
  final_awaiter final_suspend() const noexcept { return {}; }

  void unhandled_exception() noexcept { context().capture_failure(); }
  void return_void() const noexcept {}

  /// Hands an element to the consumer, who moves it out before the generator goes on.
  class yield_awaiter {
   public:
    explicit yield_awaiter(pointer value) noexcept : value_(value) {}
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(handle yielding) const noexcept {
      return yielding.promise().root_->hand_over(value_);
    }
    void await_resume() const noexcept {}

   private:
    pointer value_;
  };
  yield_awaiter yield_value(T&& value) noexcept {
    return yield_awaiter(__builtin_addressof(value));
  }

  class copying_awaiter {
   public:
    explicit copying_awaiter(const T& value) : value_(value) {}
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(handle yielding) noexcept {
      return yielding.promise().root_->hand_over(__builtin_addressof(value_));
    }
    void await_resume() const noexcept {}

   private:
    T value_;
  };
  copying_awaiter yield_value(const T& value)
    requires(!std::is_reference_v<T>)
  {
    return copying_awaiter(value);
  }

  class nested_awaiter {
   public:
    explicit nested_awaiter(async_generator<T> inner) noexcept : inner_(std::move(inner)) {}
    bool await_ready() const noexcept { return !inner_.handle_; }
    handle await_suspend(handle outer,
                         std::source_location where = std::source_location::current()) noexcept {
      async_generator_promise& inner = inner_.handle_.promise();
      RONDO_ASSERT(!inner.has_started());  // its first elements have been taken already
      inner.start_in(outer.promise().context(), outer, where);
      inner.root_ = outer.promise().root_;
      inner.parent_ = &outer.promise();
      inner.owner_ = &inner_;
      inner.root_->leaf_ = &inner;
      return inner_.handle_;
    }
    void await_resume() const {
      if (!inner_.handle_) return;
      task_context& line = inner_.handle_.promise().context();
      if (line.has_failed()) line.rethrow_failure();
    }

   private:
    async_generator<T> inner_;
  };
  nested_awaiter yield_value(elements_of<async_generator<T>> inner) noexcept {
    return nested_awaiter(std::move(inner.get()));
  }

  /// For the root: what to resume so that the next element comes to `consumer`.
  handle advance(task_context& line, std::coroutine_handle<> consumer,
                 std::source_location where) noexcept {
    RONDO_ASSERT(!running_);  // two tasks ask one generator, or it asks itself
    running_ = true;
    start_in(line, consumer, where);
    if (leaf_ != this) leaf_->goes_on_in(line);
    return handle::from_promise(*leaf_);
  }
  bool is_running() const noexcept { return running_; }
  pointer value() const noexcept { return value_; }

  async_generator_promise& leaf() noexcept { return *leaf_; }
  async_generator_promise* parent() noexcept { return parent_; }
  void disown() noexcept { owner_->handle_ = {}; }

 private:
  std::coroutine_handle<> hand_over(pointer value) noexcept {
    running_ = false;
    value_ = value;
    return continuation();
  }
  // The consumer may be another line than it was when this began.
  void goes_on_in(task_context& line) noexcept { start_in(line, continuation(), place()); }

  async_generator_promise* root_ = this;
  async_generator_promise* parent_ = nullptr;
  async_generator_promise* leaf_ = this;  // of the root only, as are those below
  async_generator<T>* owner_ = nullptr;
  pointer value_ = nullptr;
  bool running_ = false;
};

}  // namespace detail

/// A coroutine that may await, and yields a sequence to a task:
/// `while (auto item = co_await lines.next())`, or `co_await for_each(lines, f)`. It runs in the
/// line of execution of whoever asks, and only while asked, so nothing is computed ahead; a cancel
/// or a deadline of the consumer's reaches what it awaits; what it throws leaves through `next()`,
/// and ends it.
///
/// It may be left at any time between two elements: then what lives in its body is destroyed. No
/// destructor awaits, so an asynchronous end belongs around the loop (`with_resource`), not into
/// the generator. Move-only. Lifetime: not destroyed while somebody awaits `next()`, which the
/// frame of that somebody takes care of.
template <class T>
class RONDO_COROUTINE_TYPE async_generator {
 public:
  using promise_type = detail::async_generator_promise<T>;
  /// An element, or nothing: a std::optional, or a pointer where T is a reference.
  using item = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*,
                                  std::optional<std::remove_reference_t<T>>>;

  class next_awaiter {
   public:
    explicit next_awaiter(promise_type& root) noexcept : root_(&root) {}

    bool await_ready() const noexcept { return false; }

    template <task_promise Promise>
    std::coroutine_handle<> await_suspend(
        std::coroutine_handle<Promise> consumer,
        std::source_location where = std::source_location::current()) noexcept {
      line_ = &consumer.promise().context();
      cancelled_ = line_->cancel_pending();
      if (cancelled_ || promise_type::handle::from_promise(*root_).done()) return consumer;
      return root_->advance(*line_, consumer, where);
    }

    item await_resume() {
      if (cancelled_) line_->throw_cancelled();
      if (line_->has_failed()) line_->rethrow_failure();
      if (promise_type::handle::from_promise(*root_).done()) return item();
      if constexpr (std::is_reference_v<T>) {
        return root_->value();
      } else {
        return item(std::move(*root_->value()));
      }
    }

   private:
    promise_type* root_;
    task_context* line_ = nullptr;
    bool cancelled_ = false;
  };

  async_generator(async_generator&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  async_generator& operator=(async_generator&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~async_generator() {
    if (!handle_) return;
    RONDO_ASSERT(!handle_.promise().is_running());
    detail::destroy_chain(handle_);
  }

  /// Yields the next element; nothing at the end, and ever after. In a cancelled scope it throws
  /// `cancelled` at once, and takes no element. One task asks at a time.
  [[nodiscard]] next_awaiter next() {
    RONDO_ASSERT(handle_);  // moved from
    return next_awaiter(handle_.promise());
  }

 private:
  friend promise_type;
  friend typename promise_type::nested_awaiter;
  explicit async_generator(typename promise_type::handle h) noexcept : handle_(h) {}

  typename promise_type::handle handle_;
};

namespace detail {

template <class T>
RONDO_COROUTINE_WRAPPER async_generator<T>
async_generator_promise<T>::get_return_object() noexcept {
  return async_generator<T>(handle::from_promise(*this));
}

}  // namespace detail
}  // namespace rondo
