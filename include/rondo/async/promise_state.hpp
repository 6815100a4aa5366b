#pragma once

#include <cstdint>
#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include <rondo/async/promise_core.hpp>
#include <rondo/task/unit.hpp>

namespace rondo {

template <class T>
class promise;

namespace detail {

template <class R>
struct settles_with {
  using type = R;
  static constexpr bool by_promise = false;
};
template <class T>
struct settles_with<rondo::promise<T>> {
  using type = T;
  static constexpr bool by_promise = true;
};

/// Whether an R is a promise.
template <class R>
inline constexpr bool is_promise = settles_with<std::remove_cvref_t<R>>::by_promise;

/// What a promise holds whose callback returns an R: where that is a promise, what it holds.
template <class R>
using settled_value_t = typename settles_with<std::remove_cvref_t<R>>::type;

/// A promise of which either callback may bring the value: void where one brings none.
template <class A, class B>
struct either {
  using type = std::common_type_t<A, B>;
};
template <class A>
struct either<A, A> {
  using type = A;
};
template <class A>
  requires(!std::is_void_v<A>)
struct either<A, void> {
  using type = void;
};
template <class A>
  requires(!std::is_void_v<A>)
struct either<void, A> {
  using type = void;
};

[[noreturn]] void throw_value_is_gone();
[[noreturn]] void throw_chaining_cycle();

/// A promise with the place for its value.
template <class T>
class promise_state : public promise_core {
  static_assert(!std::is_reference_v<T>, "a promise owns its value: use a pointer");
  static_assert(!is_promise<T>, "what is resolved with a promise follows it");

 public:
  using stored = value_or_unit<T>;

  promise_state(promise_realm& realm, std::uint32_t owners) noexcept
      : promise_core(realm, owners) {}  // the value begins to live where it is settled
  ~promise_state() override {
    if (state() == status::fulfilled) value_.~stored();
  }

  /// Where it is fulfilled and the value has not been moved out.
  stored& value() noexcept { return value_; }
  bool is_value_gone() const noexcept { return value_is_gone_; }

  /// The value for one consumer: a copy, where others may want it and it can be copied. Throws
  /// where a consumer before has moved it out.
  stored take() {
    if (value_is_gone_) throw_value_is_gone();
    if constexpr (std::is_copy_constructible_v<stored>) {
      if (!is_only_owner()) return value_;
    }
    value_is_gone_ = true;
    return std::move(value_);
  }

  /// Throws what the constructor throws, and is still pending then.
  template <class... Args>
  void fulfill(Args&&... args) {
    ::new (static_cast<void*>(&value_)) stored(std::forward<Args>(args)...);
    fulfilled();
  }

  /// Settles as `call` ends: with its value, with the promise that it returns, with what it throws.
  template <class Call>
  void settle_by(Call&& call) noexcept {
    using R = std::invoke_result_t<Call>;
    try {
      if constexpr (is_promise<R>) {
        static_assert(std::is_void_v<T> || std::is_same_v<settled_value_t<R>, T>,
                      "the callbacks return promises of different types");
        std::remove_cvref_t<R> returned(call());
        follow(returned.release());
        return;
      } else if constexpr (std::is_void_v<T> || std::is_void_v<R>) {
        static_assert(std::is_void_v<T>, "the callback returns no value");
        static_cast<void>(call());
        ::new (static_cast<void*>(&value_)) stored();
      } else {
        ::new (static_cast<void*>(&value_)) stored(call());
      }
    } catch (...) {
      reject(std::current_exception());
      return;
    }
    fulfilled();
  }

  void take_value(promise_core& from) noexcept override {
    settle_by([&]() -> T {
      if constexpr (!std::is_void_v<T>) return static_cast<promise_state&>(from).take();
    });
  }

 private:
  union {
    stored value_;
  };
  bool value_is_gone_ = false;
};

/// How `f` is called: with the value as it lies there; where it does not take that, with the value
/// itself, moved out.
template <class F, class T>
struct value_call {
  using on_const = std::is_invocable<F&, const T&>;
  using type = typename std::conditional_t<on_const::value, std::invoke_result<F&, const T&>,
                                           std::invoke_result<F&, T&&>>::type;

  static type call(F& f, promise_state<T>& from) {
    if constexpr (on_const::value) {
      if (from.is_value_gone()) throw_value_is_gone();
      if constexpr (!std::is_trivially_copyable_v<T> && std::is_invocable_r_v<type, F&, T&&>) {
        if (from.is_only_owner()) return f(std::move(from.value()));  // no copy for a by-value f
      }
      return f(std::as_const(from.value()));
    } else {
      return f(from.take());
    }
  }
};
template <class F>
struct value_call<F, void> {
  using type = std::invoke_result_t<F&>;
  static type call(F& f, promise_state<void>& /*from*/) { return f(); }
};

/// In place of a callback: the value, or the reason, goes on as it is.
struct passes_on {};

/// `then`: the promise that it returns is at the same time the reaction and holds the callbacks.
template <class T, class U, class F, class G>
class then_state final : public promise_state<U> {
 public:
  /// Owned by the handle that is returned, and by the promise that it waits for.
  then_state(promise_realm& realm, F&& f, G&& g)
      : promise_state<U>(realm, 2), callbacks_{std::move(f), std::move(g)} {}
  ~then_state() override {
    if (has_callbacks_) destroy_callbacks();
  }

  void react() override {
    if (this->is_following()) return this->follow_step();
    auto& source = static_cast<promise_state<T>&>(*std::exchange(this->source_, nullptr));
    if (source.state() == promise_core::status::fulfilled) {
      react_to_value(source);
    } else {
      react_to_reason(source.reason());
    }
    destroy_callbacks();
    source.release();
    this->release();
  }
  void drop() noexcept override {
    if (has_callbacks_) destroy_callbacks();
    promise_core::drop();
  }

 private:
  void react_to_value(promise_state<T>& source) noexcept {
    if constexpr (!std::is_same_v<F, passes_on>) {
      this->settle_by([&]() -> typename value_call<F, T>::type {
        return value_call<F, T>::call(callbacks_.on_value, source);
      });
    } else {
      this->settle_by([&]() -> std::conditional_t<std::is_void_v<U>, void, T> {
        if constexpr (!std::is_void_v<U>) return source.take();
      });
    }
  }
  void react_to_reason(const std::exception_ptr& why) noexcept {
    if constexpr (std::is_same_v<G, passes_on>) {
      this->reject(why);
    } else {
      this->settle_by([&]() -> std::invoke_result_t<G&, const std::exception_ptr&> {
        return callbacks_.on_reason(why);
      });
    }
  }
  void destroy_callbacks() noexcept {
    has_callbacks_ = false;
    callbacks_.~both();
  }

  struct both {
    [[no_unique_address]] F on_value;
    [[no_unique_address]] G on_reason;
  };
  union {
    both callbacks_;  // until they have been called: what they captured goes then
  };
  bool has_callbacks_ = true;
};

/// `finally`: whichever way it ends, `f` is called without arguments; then, after what `f` returns
/// has been waited for, the outcome goes on. With ECMAScript's number of microtasks: there it is a
/// `then` within a `then`.
template <class T, class F>
class finally_state final : public promise_state<T> {
 public:
  finally_state(promise_realm& realm, F&& f) : promise_state<T>(realm, 2), f_(std::move(f)) {}
  ~finally_state() override { let_go(); }

  void react() override {
    promise_core* const source = std::exchange(this->source_, nullptr);
    switch (at_) {
      case stage::calls:
        origin_ = source;
        this->hold();
        call();
        destroy_callback();
        this->release();
        return;
      case stage::waits:  // no longer for what `f` has returned
        at_ = stage::passes_on;
        if (source != nullptr && source->state() == promise_core::status::rejected) {
          origin_->release();
          origin_ = source;  // its reason is what goes on
        } else if (source != nullptr) {
          source->release();
        }
        this->realm().queue(*this);
        return;
      case stage::passes_on:
        pass_on();
        this->release();
    }
  }
  void drop() noexcept override {
    let_go();
    promise_core::drop();
  }

 private:
  enum class stage : unsigned char { calls, waits, passes_on };

  void call() noexcept {
    using R = std::invoke_result_t<F&>;
    try {
      if constexpr (is_promise<R>) {
        std::remove_cvref_t<R> returned(f_());
        promise_core& inner = returned.core();
        if (this->would_wait_for_itself(inner)) throw_chaining_cycle();
        inner.subscribe(*this);
      } else {
        static_cast<void>(f_());
        this->realm().queue(*this);
      }
    } catch (...) {
      this->reject(std::current_exception());
      this->release();
    }
  }
  void pass_on() noexcept {
    if (origin_->state() == promise_core::status::fulfilled) {
      this->take_value(*origin_);
    } else {
      this->reject(origin_->reason());
    }
    std::exchange(origin_, nullptr)->release();
  }

  void destroy_callback() noexcept {
    at_ = stage::waits;
    f_.~F();
  }
  void let_go() noexcept {
    if (at_ == stage::calls) destroy_callback();
    if (origin_ != nullptr) std::exchange(origin_, nullptr)->release();
  }

  union {
    F f_;  // until it has been called
  };
  promise_core* origin_ = nullptr;  // owned: whose outcome goes on
  stage at_ = stage::calls;
};

/// Counts its resolvers.
template <class T>
class resolvable_state final : public promise_state<T> {
 public:
  using promise_state<T>::promise_state;

  void add_resolver() noexcept { ++resolvers_; }
  void drop_resolver() noexcept {
    if (--resolvers_ == 0) this->abandoned();
  }

 private:
  long resolvers_ = 1;  // who own it together, once
};

}  // namespace detail
}  // namespace rondo
