#pragma once

#include <concepts>
#include <exception>
#include <type_traits>
#include <utility>

#include <rondo/async/promise_awaiter.hpp>
#include <rondo/async/promise_state.hpp>

namespace rondo {

template <class T>
struct promise_with_resolver;

/// Settles one promise: the first `resolve` or `reject` counts, the others are ignored. Copies
/// settle the same promise; when the last of them goes and none has been used, the promise is
/// rejected with `error` (`errc::broken_promise`), so that nobody waits for ever. Thread: the
/// loop's; another thread hands it over with `loop::post`.
template <class T = void>
class promise_resolver {
 public:
  promise_resolver() noexcept = default;
  promise_resolver(const promise_resolver& other) noexcept : state_(other.state_) {
    if (state_ != nullptr) state_->add_resolver();
  }
  promise_resolver(promise_resolver&& other) noexcept
      : state_(std::exchange(other.state_, nullptr)) {}
  promise_resolver& operator=(promise_resolver other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~promise_resolver() {
    if (state_ != nullptr) state_->drop_resolver();
  }

  /// With a value, or for void with nothing. Throws what copying the value throws; nothing has
  /// happened then.
  void resolve() const
    requires std::is_void_v<T>
  {
    if (state_->lock_in()) state_->fulfill();
  }
  template <class V>
    requires(!std::is_void_v<T> && std::is_constructible_v<T, V &&>)
  void resolve(V&& value) const {
    if (!state_->is_locked_in()) state_->fulfill(std::forward<V>(value));
    state_->lock_in();
  }
  /// With a promise: becomes what that becomes. `error` (`errc::deadlock`) where it waits for this
  /// one itself.
  void resolve(promise<T> other) const noexcept {
    if (state_->lock_in()) state_->follow(other.release());
  }
  /// Not null.
  void reject(std::exception_ptr why) const noexcept {
    RONDO_ASSERT(why != nullptr);
    if (state_->lock_in()) state_->reject(std::move(why));
  }
  /// With an exception as it would be thrown.
  template <class E>
    requires(!std::is_convertible_v<E &&, std::exception_ptr>)
  void reject(E&& why) const noexcept {
    reject(std::make_exception_ptr(std::forward<E>(why)));
  }
  /// The same, but where nobody reacts to it nothing is reported: for what was cancelled.
  void reject_quietly(std::exception_ptr why) const noexcept {
    RONDO_ASSERT(why != nullptr);
    if (state_->lock_in()) state_->reject_quietly(std::move(why));
  }

 private:
  friend promise<T>;
  explicit promise_resolver(detail::resolvable_state<T>& state) noexcept : state_(&state) {}

  detail::resolvable_state<T>* state_ = nullptr;
};

/// A value that comes later, or an exception in its place: Node's promise. A handle: copies stand
/// for the same promise. Reactions run as microtasks of the loop, in the order in which they were
/// added, with ECMAScript's number of microtasks between them.
///
/// A value is given to callbacks as `const T&`. What can't be copied has one consumer: a callback
/// that takes a `T`, or a `co_await`, moves it out, and any later one gets `error`
/// (`errc::invalid_argument`).
///
/// A rejection that nobody reacts to is reported: see `on_unhandled_rejection`. A pending promise
/// is no reason for a loop to stay alive.
///
/// Thread: the loop's. Lifetime: handles may outlive the loop; nothing is called any more then.
/// What waits for a promise lives until that has settled, or until nobody can settle it any more;
/// hence so does a promise that a callback of its own has captured.
template <class T = void>
class promise {
 public:
  using stays_on_thread = void;

  using value_type = T;

  /// No promise: to be assigned to.
  promise() noexcept = default;
  /// Calls `executor` with a resolver, now; what it throws rejects the promise.
  template <std::invocable<promise_resolver<T>> Executor>
  promise(loop& l, Executor&& executor) : promise(pending(l)) {
    const promise_resolver<T> resolver(static_cast<detail::resolvable_state<T>&>(*state_));
    try {
      std::forward<Executor>(executor)(resolver);
    } catch (...) {
      resolver.reject(std::current_exception());
    }
  }
  promise(const promise& other) noexcept : state_(other.state_) {
    if (state_ != nullptr) state_->hold();
  }
  promise(promise&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  promise& operator=(promise other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~promise() {
    if (state_ != nullptr) state_->release();
  }

  /// A pending promise and what settles it.
  [[nodiscard]] static promise_with_resolver<T> with_resolver(loop& l) {
    promise made = pending(l);
    promise_resolver<T> resolver(static_cast<detail::resolvable_state<T>&>(*made.state_));
    return {std::move(made), std::move(resolver)};
  }
  /// Fulfilled already, with a T made of these arguments.
  template <class... Args>
    requires std::is_constructible_v<detail::value_or_unit<T>, Args&&...>
  [[nodiscard]] static promise resolved(loop& l, Args&&... args) {
    promise made(*new detail::promise_state<T>(detail::promise_realm::of(l), 1));
    made.state_->fulfill(std::forward<Args>(args)...);
    return made;
  }
  /// Rejected already: with an exception_ptr, or an exception as it would be thrown.
  template <class E>
  [[nodiscard]] static promise rejected(loop& l, E&& why) {
    auto made = with_resolver(l);
    made.resolver.reject(std::forward<E>(why));
    return std::move(made.promise);
  }

  bool is_pending() const noexcept { return state().is_pending(); }
  bool is_fulfilled() const noexcept { return state().state() == status::fulfilled; }
  bool is_rejected() const noexcept { return state().state() == status::rejected; }
  /// Where it is fulfilled. Lifetime: the promise's, or until it is moved out.
  const auto& value() const noexcept {
    RONDO_ASSERT(is_fulfilled());
    return std::as_const(state().value());
  }
  /// Why it is rejected; null where it is not. To ask is not to react.
  const std::exception_ptr& reason() const noexcept { return state().reason(); }
  explicit operator bool() const noexcept { return state_ != nullptr; }
  /// Whether both are the same promise.
  friend bool operator==(const promise& a, const promise& b) noexcept {
    return a.state_ == b.state_;
  }

  /// Calls `f` with the value. Yields the promise of what `f` returns: of a value, of nothing, or
  /// following the promise that it returned; rejected with what it throws. A rejection of this
  /// passes `f` by.
  template <class F>
  auto then(F f) const {
    return react<detail::settled_value_t<value_result<F>>>(std::move(f), detail::passes_on());
  }
  /// Calls `f` with the value or `g` with the reason, a `const std::exception_ptr&`. Where only
  /// one of them yields a value, the promise that is returned has none.
  template <class F, class G>
  auto then(F f, G g) const {
    using from_f = detail::settled_value_t<value_result<F>>;
    using from_g = detail::settled_value_t<std::invoke_result_t<G&, const std::exception_ptr&>>;
    return react<typename detail::either<from_f, from_g>::type>(std::move(f), std::move(g));
  }
  /// JavaScript's `catch`: calls `g` with the reason, and goes on with what it returns; a value
  /// passes `g` by.
  template <class G>
    requires std::is_invocable_v<G&, const std::exception_ptr&>
  auto catch_error(G g) const {
    using from_g = detail::settled_value_t<std::invoke_result_t<G&, const std::exception_ptr&>>;
    return react<typename detail::either<T, from_g>::type>(detail::passes_on(), std::move(g));
  }
  /// The same for exceptions of one type, as a `catch (const E&)`: others pass `g` by.
  template <class E, class G>
    requires std::is_invocable_v<G&, const E&>
  auto catch_error(G g) const {
    return catch_error([g = std::move(g)](const std::exception_ptr& why) mutable {
      try {
        std::rethrow_exception(why);
      } catch (const E& e) {
        return g(e);
      }
    });
  }
  /// Calls `f` without arguments whichever way this ends, waits for the promise that it may return,
  /// and then ends as this did; or as `f` failed.
  template <std::invocable F>
  promise finally_do(F f) const {
    auto* const made = new detail::finally_state<T, F>(state().realm(), std::move(f));
    state().subscribe(*made);
    return promise(*made);
  }

  /// For tasks: yields the value or throws the reason, always in a later microtask. A cancelled
  /// waiter leaves, and the promise goes on.
  detail::promise_awaiter<T> operator co_await() const& noexcept {
    return promise(*this).operator co_await();
  }
  detail::promise_awaiter<T> operator co_await() && noexcept {
    return detail::promise_awaiter<T>(release());
  }

  /// For who builds on promises: what the handle stands for, without and with its ownership.
  detail::promise_state<T>& core() const noexcept { return state(); }
  detail::promise_state<T>& release() noexcept {
    RONDO_ASSERT(state_ != nullptr);
    return *std::exchange(state_, nullptr);
  }
  /// Takes over an ownership.
  explicit promise(detail::promise_state<T>& owned) noexcept : state_(&owned) {}

 private:
  using status = detail::promise_core::status;
  template <class F>
  using value_result = typename detail::value_call<F, T>::type;

  /// Owned by the handle and by the resolvers to come.
  static promise pending(loop& l) {
    return promise(*new detail::resolvable_state<T>(detail::promise_realm::of(l), 2));
  }

  detail::promise_state<T>& state() const noexcept {
    RONDO_ASSERT(state_ != nullptr);  // no promise: moved from, or never assigned to
    return *state_;
  }

  template <class U, class F, class G>
  promise<U> react(F&& f, G&& g) const {
    auto* const made =
        new detail::then_state<T, U, F, G>(state().realm(), std::forward<F>(f), std::forward<G>(g));
    state().subscribe(*made);
    return promise<U>(*made);
  }

  detail::promise_state<T>* state_ = nullptr;
};

/// `auto [promise, resolver] = rondo::promise<int>::with_resolver(loop);`
template <class T>
struct promise_with_resolver {
  rondo::promise<T> promise;
  promise_resolver<T> resolver;
};

}  // namespace rondo
