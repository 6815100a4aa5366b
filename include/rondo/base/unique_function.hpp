#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include <rondo/base/config.hpp>

namespace rondo {

template <class Signature>
class unique_function;

/// A callable that is moved, never copied, so that it may own what it captures. Callables of up to
/// 32 bytes that move without throwing live inside; larger ones take one allocation.
/// Calling an empty one is undefined. Where R is void, what the callable returns is dropped.
/// Pointers to members are not taken: write a lambda. Holds what returns a task, too, which
/// std::function does not with clang (see docs/guide/lifetimes.md). Without <functional>, whose
/// price every includer would pay.
template <class R, class... Args>
class unique_function<R(Args...)> {
  static constexpr std::size_t capacity = 32;

  template <class F>
  static constexpr bool fits = sizeof(F) <= capacity && alignof(F) <= alignof(std::max_align_t) &&
                               std::is_nothrow_move_constructible_v<F>;

 public:
  unique_function() noexcept = default;
  unique_function(std::nullptr_t) noexcept {}  // NOLINT(google-explicit-constructor)

  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, unique_function> &&
             !std::is_member_pointer_v<std::decay_t<F>> &&
             std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
  unique_function(F&& f) {  // NOLINT(google-explicit-constructor): a lambda is passed as it is
    using Callable = std::decay_t<F>;
    if constexpr (fits<Callable>) {
      ::new (static_cast<void*>(storage_)) Callable(std::forward<F>(f));
      table_ = &inside<Callable>;
    } else {
      ::new (static_cast<void*>(storage_)) Callable*(new Callable(std::forward<F>(f)));
      table_ = &outside<Callable>;
    }
  }

  unique_function(unique_function&& other) noexcept { take(other); }
  unique_function& operator=(unique_function&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~unique_function() { reset(); }

  explicit operator bool() const noexcept { return table_ != nullptr; }
  // NOLINTNEXTLINE(performance-unnecessary-value-param): by value where the signature says so
  RONDO_COROUTINE_WRAPPER R operator()(Args... args) {
    return table_->call(storage_, std::forward<Args>(args)...);
  }

 private:
  struct functions {
    R (*call)(void*, Args&&...);
    // Null where copying the bytes, or nothing at all, does the same: most lambdas capture a few
    // references, and a queue moves each twice.
    void (*move)(void* from, void* to) noexcept;  // leaves `from` destroyed
    void (*destroy)(void*) noexcept;
  };

  template <class Callable>
  RONDO_COROUTINE_WRAPPER static R invoke(Callable& f, Args&&... args) {
    if constexpr (std::is_void_v<R>) {
      f(std::forward<Args>(args)...);
    } else {
      return f(std::forward<Args>(args)...);
    }
  }

  template <class Callable>
  RONDO_COROUTINE_WRAPPER static R call_inside(void* at, Args&&... args) {
    return invoke(*static_cast<Callable*>(at), std::forward<Args>(args)...);
  }
  template <class Callable>
  RONDO_COROUTINE_WRAPPER static R call_outside(void* at, Args&&... args) {
    return invoke(**static_cast<Callable**>(at), std::forward<Args>(args)...);
  }

  template <class Callable>
  static void move_inside(void* from, void* to) noexcept {
    ::new (to) Callable(std::move(*static_cast<Callable*>(from)));
    static_cast<Callable*>(from)->~Callable();
  }
  template <class Callable>
  static void destroy_inside(void* at) noexcept {
    static_cast<Callable*>(at)->~Callable();
  }

  template <class Callable>
  static constexpr functions inside = {
      &call_inside<Callable>,
      std::is_trivially_copyable_v<Callable> ? nullptr : &move_inside<Callable>,
      std::is_trivially_destructible_v<Callable> ? nullptr : &destroy_inside<Callable>};

  template <class Callable>
  static constexpr functions outside = {&call_outside<Callable>, nullptr, [](void* at) noexcept {
                                          delete *static_cast<Callable**>(at);
                                        }};

  void take(unique_function& other) noexcept {
    table_ = std::exchange(other.table_, nullptr);
    if (table_ == nullptr) return;
    if (table_->move != nullptr) {
      table_->move(other.storage_, storage_);
    } else {
      __builtin_memcpy(storage_, other.storage_, capacity);
    }
  }
  void reset() noexcept {
    const functions* const t = std::exchange(table_, nullptr);
    if (t != nullptr && t->destroy != nullptr) t->destroy(storage_);
  }

  const functions* table_ = nullptr;
  // Zeroed, for two stores, so that a move may copy all of it whatever part is used.
  alignas(std::max_align_t) unsigned char storage_[capacity] = {};
};

/// What the loop calls back: takes nothing, returns nothing.
using callback = unique_function<void()>;

}  // namespace rondo
