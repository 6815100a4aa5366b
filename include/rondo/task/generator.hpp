#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <string_view>  // and with it what ranges need, without the streams of <iterator>
#include <type_traits>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/task/elements_of.hpp>
#include <rondo/task/frame_pool.hpp>

namespace rondo {

template <class T>
class generator;

namespace detail {

/// Generators that yield the elements of each other form a chain. The outermost, the root, knows
/// the innermost, the leaf, which alone runs; so an element goes from the leaf to the consumer in
/// one step.
template <class T>
class generator_promise {
 public:
  using handle = std::coroutine_handle<generator_promise>;
  using reference = std::conditional_t<std::is_reference_v<T>, T, T&>;
  using pointer = std::remove_reference_t<T>*;

  static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
  static void operator delete(void* frame, std::size_t size) noexcept {
    frame_pool::deallocate(frame, size);
  }

  generator<T> get_return_object() noexcept;
  std::suspend_always initial_suspend() const noexcept { return {}; }

  class final_awaiter {
   public:
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(handle ended) const noexcept {
      generator_promise& p = ended.promise();
      if (p.parent_ == nullptr) return std::noop_coroutine();
      p.root_->leaf_ = p.parent_;
      return handle::from_promise(*p.parent_);
    }
    void await_resume() const noexcept {}
  };
  final_awaiter final_suspend() const noexcept { return {}; }

  void unhandled_exception() noexcept { failure_ = std::current_exception(); }
  void return_void() const noexcept {}

  /// What is yielded stays where it is: a temporary lives until the consumer asks for the next.
  std::suspend_always yield_value(T&& value) noexcept {
    root_->value_ = __builtin_addressof(value);
    return {};
  }

  /// A copy, so that a consumer who moves from it takes nothing away from the generator.
  class copying_awaiter {
   public:
    copying_awaiter(const T& value, generator_promise& root) : value_(value), root_(&root) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<>) noexcept {
      root_->value_ = __builtin_addressof(value_);
    }
    void await_resume() const noexcept {}

   private:
    T value_;
    generator_promise* root_;
  };
  copying_awaiter yield_value(const T& value)
    requires(!std::is_reference_v<T>)
  {
    return copying_awaiter(value, *root_);
  }

  class nested_awaiter {
   public:
    explicit nested_awaiter(generator<T> inner) noexcept : inner_(std::move(inner)) {}
    bool await_ready() const noexcept { return !inner_.handle_; }
    handle await_suspend(handle outer) noexcept {
      generator_promise& inner = inner_.handle_.promise();
      RONDO_ASSERT(!inner.started_);  // its first elements have been taken already
      inner.started_ = true;
      inner.root_ = outer.promise().root_;
      inner.parent_ = &outer.promise();
      inner.owner_ = &inner_;
      inner.root_->leaf_ = &inner;
      return inner_.handle_;
    }
    void await_resume() const {
      if (inner_.handle_) inner_.handle_.promise().rethrow_failure();
    }

   private:
    generator<T> inner_;
  };
  nested_awaiter yield_value(elements_of<generator<T>> inner) noexcept {
    return nested_awaiter(std::move(inner.get()));
  }
  template <class Range>
  nested_awaiter yield_value(elements_of<Range> all) {
    return nested_awaiter(each_of<Range>(std::forward<Range>(all.get())));
  }

  template <class U>
  std::suspend_never await_transform(U&&) noexcept {
    static_assert(!sizeof(U*), "a generator can't await: make it an async_generator");
    return {};
  }

  /// For the root: runs on to the next element, or to the end.
  void advance() {
    started_ = true;
    handle::from_promise(*leaf_).resume();
    rethrow_failure();
  }
  void rethrow_failure() {
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }
  pointer value() const noexcept { return value_; }
  bool has_started() const noexcept { return started_; }

  generator_promise& leaf() noexcept { return *leaf_; }
  generator_promise* parent() noexcept { return parent_; }
  void disown() noexcept { owner_->handle_ = {}; }

 private:
  template <class Range>
  static generator<T> each_of(Range&& range) {  // which outlives it, as does all in a co_yield
    for (auto&& element : range) co_yield std::forward<decltype(element)>(element);
  }

  generator_promise* root_ = this;
  generator_promise* parent_ = nullptr;
  generator_promise* leaf_ = this;  // of the root only, as is the value
  generator<T>* owner_ = nullptr;
  pointer value_ = nullptr;
  std::exception_ptr failure_;
  bool started_ = false;
};

}  // namespace detail

/// A coroutine that computes a sequence while it is read: `for (int n : numbers()) ...`. An input
/// range and a view, so std::views take it. Nothing runs until `begin()`, and nothing after the
/// last element that was asked for; when the generator is destroyed, so is what lives in its body.
///
/// Elements are `T&`, or T itself where that is a reference; a consumer may move from them:
/// what is yielded is a temporary or a copy. Exceptions leave through `begin()` and `++`.
/// Move-only; belongs to one thread at a time. It cannot await: see `async_generator`.
template <class T>
class [[nodiscard]] generator {  // no RONDO_COROUTINE_TYPE: views hand it through functions of
                                 // their own
 public:
  using promise_type = detail::generator_promise<T>;

  class iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = std::remove_cvref_t<T>;
    using reference = typename promise_type::reference;

    explicit iterator(typename promise_type::handle h) noexcept : handle_(h) {}
    iterator(iterator&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    iterator& operator=(iterator&& other) noexcept {
      handle_ = std::exchange(other.handle_, {});
      return *this;
    }

    reference operator*() const noexcept {
      return static_cast<reference>(*handle_.promise().value());
    }
    iterator& operator++() {
      handle_.promise().advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& i, std::default_sentinel_t) noexcept {
      return i.handle_.done();
    }

   private:
    typename promise_type::handle handle_;
  };

  generator(generator&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  generator& operator=(generator&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~generator() {
    if (handle_) detail::destroy_chain(handle_);
  }

  /// Runs to the first element. Once.
  iterator begin() {
    RONDO_ASSERT(handle_ && !handle_.promise().has_started());
    handle_.promise().advance();
    return iterator(handle_);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  friend promise_type;
  friend typename promise_type::nested_awaiter;
  explicit generator(typename promise_type::handle h) noexcept : handle_(h) {}

  typename promise_type::handle handle_;
};

namespace detail {

template <class T>
generator<T> generator_promise<T>::get_return_object() noexcept {
  return generator<T>(handle::from_promise(*this));
}

}  // namespace detail
}  // namespace rondo

/// A view may be moved into a pipeline of std::views. (The variable is declared with
/// std::string_view, too.)
template <class T>
inline constexpr bool std::ranges::enable_view<rondo::generator<T>> = true;
