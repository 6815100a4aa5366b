#pragma once

#include <concepts>
#include <cstddef>
#include <exception>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/async/promise.hpp>
#include <rondo/task/failure_group.hpp>
#include <rondo/task/settled.hpp>

namespace rondo {

namespace detail {

/// What `promise_all` and its like return: a promise that reacts to several others.
template <class U>
class combined_state : public promise_state<U> {
 protected:
  /// One of them, in the order in which they were given.
  class element final : public reaction {
   public:
    void begin(combined_state& owner, promise_core& input) noexcept {
      owner_ = &owner;
      input_ = &input;
      input.hold();
      owner.hold();
      input.subscribe(*this);
    }
    promise_core& input() const noexcept { return *input_; }
    bool is_rejected() const noexcept { return input_->state() == promise_core::status::rejected; }

    void react() override {
      std::exchange(this->source_, nullptr)->release();  // but `input_` keeps it
      if (owner_->is_pending()) owner_->input_settled(*this);
      owner_->leave();
    }
    void drop() noexcept override { owner_->leave(); }
    /// The outcome is known. From what has not settled by now it takes itself back.
    void let_go() noexcept {
      promise_core* const input = std::exchange(input_, nullptr);
      if (input->is_pending() && this->source_ != nullptr) {
        input->unsubscribe(*this);
        --owner_->waiting_;
        owner_->release();
      }
      input->release();
    }

   private:
    combined_state* owner_ = nullptr;
    promise_core* input_ = nullptr;  // owned until the outcome is known
  };

 public:
  combined_state(promise_realm& realm, std::size_t count)
      : promise_state<U>(realm, 1),
        elements_(new element[count]),
        count_(count),
        left_(count),
        waiting_(count) {
    this->set_combined();
  }
  ~combined_state() override {
    for (element* e = elements_; e != elements_ + added_; ++e) e->input().release();
    delete[] elements_;
  }

  void add_inputs(std::vector<const promise_core*>& to) const override {
    for (element* e = elements_; e != elements_ + added_; ++e) to.push_back(&e->input());
  }

  /// In the order of the calls.
  void add(promise_core& input) noexcept { elements_[added_++].begin(*this, input); }

 protected:
  /// While this is pending.
  virtual void input_settled(element& e) noexcept = 0;

  bool was_last() noexcept { return --left_ == 0; }
  element* begin() const noexcept { return elements_; }
  element* end() const noexcept { return elements_ + count_; }

 private:
  /// An element has had its turn, or will never have one.
  void leave() noexcept {
    --waiting_;
    if (!this->is_pending()) {
      let_go();
    } else if (waiting_ == 0) {
      return this->realm().forsake(*this);
    }
    this->release();
  }
  void let_go() noexcept {
    const std::size_t held = std::exchange(added_, 0);
    for (element* e = elements_; e != elements_ + held; ++e) e->let_go();
  }

  element* elements_;
  std::size_t count_;
  std::size_t left_;       // to settle
  std::size_t waiting_;    // whose turn has not come; owners of this, each
  std::size_t added_ = 0;  // and hold their inputs
};

/// The value of an input, for one consumer.
template <class T>
value_or_unit<T> value_of(promise_core& input) {
  return static_cast<promise_state<T>&>(input).take();
}
/// Its outcome.
template <class T>
settled<T> how_it_settled(promise_core& input) {
  if (input.state() == promise_core::status::rejected) {
    return settled<T>::failed_with(input.reason());
  }
  return settled<T>(value_of<T>(input));
}

/// All values, or the first reason; with `Settled` all outcomes. `Ts` says what the inputs hold,
/// one T stands for any number of them where U is a vector (or void).
template <bool Settled, class U, class... Ts>
class gathering_state final : public combined_state<U> {
  using base = combined_state<U>;

 public:
  using base::base;

  void gather() noexcept {
    this->settle_by([&]() -> U {
      if constexpr (!std::is_void_v<U>) return gathered(std::index_sequence_for<Ts...>());
    });
  }

 private:
  void input_settled(typename base::element& e) noexcept override {
    if (!Settled && e.is_rejected()) {
      this->reject(e.input().reason());
    } else if (this->was_last()) {
      gather();
    }
  }

  template <class T>
  static auto part(promise_core& input) {
    if constexpr (Settled) {
      return how_it_settled<T>(input);
    } else {
      return value_of<T>(input);
    }
  }
  template <std::size_t... I>
  U gathered(std::index_sequence<I...> /*of Ts*/) {
    if constexpr (requires(U all) { all.reserve(1); }) {
      U all;
      all.reserve(static_cast<std::size_t>(this->end() - this->begin()));
      for (auto& e : *this) all.push_back(part<Ts...>(e.input()));
      return all;
    } else {
      return U(part<Ts>(this->begin()[I].input())...);
    }
  }
};

/// The first outcome; with `Any` the first value, or all reasons.
template <bool Any, class T>
class first_state final : public combined_state<T> {
  using base = combined_state<T>;

 public:
  using base::base;

  void reject_with_all() noexcept {
    try {
      std::vector<std::exception_ptr> reasons;
      for (auto& e : *this) reasons.push_back(e.input().reason());
      throw failure_group(std::move(reasons));
    } catch (...) {
      this->reject(std::current_exception());
    }
  }

 private:
  void input_settled(typename base::element& e) noexcept override {
    if (!e.is_rejected()) {
      this->take_value(e.input());
    } else if (!Any) {
      this->reject(e.input().reason());
    } else if (this->was_last()) {
      reject_with_all();
    }
  }
};

template <class State, class Inputs>
State& combine(loop& l, const Inputs& inputs) {
  auto* const made = new State(promise_realm::of(l), inputs.size());
  for (const auto& each : inputs) made->add(each.core());
  return *made;
}
template <class State, class... Ts>
State& combine_these(const rondo::promise<Ts>&... inputs) {
  promise_core* const all[] = {&inputs.core()...};
  auto* const made = new State(all[0]->realm(), sizeof...(Ts));
  for (promise_core* const each : all) made->add(*each);
  return *made;
}

}  // namespace detail

/// JavaScript's `Promise.all`: all values in the order of `promises` once the last is there
/// (nothing for void), or the first reason.
template <class T>
auto promise_all(loop& l, const std::vector<promise<T>>& promises) {
  using U = std::conditional_t<std::is_void_v<T>, void, std::vector<detail::value_or_unit<T>>>;
  auto& made = detail::combine<detail::gathering_state<false, U, T>>(l, promises);
  if (promises.empty()) made.gather();
  return promise<U>(made);
}
/// The same for promises of different types: yields a tuple, with `unit` for void.
template <class T, class... Ts>
auto promise_all(const promise<T>& first, const promise<Ts>&... others) {
  using U = std::tuple<detail::value_or_unit<T>, detail::value_or_unit<Ts>...>;
  return promise<U>(
      detail::combine_these<detail::gathering_state<false, U, T, Ts...>>(first, others...));
}

/// JavaScript's `Promise.allSettled`: all outcomes in the order of `promises`, once the last is
/// there. Is never rejected, but where a value can't be copied or had been moved out.
template <class T>
auto promise_all_settled(loop& l, const std::vector<promise<T>>& promises) {
  using U = std::vector<settled<T>>;
  auto& made = detail::combine<detail::gathering_state<true, U, T>>(l, promises);
  if (promises.empty()) made.gather();
  return promise<U>(made);
}
/// The same for promises of different types: yields a tuple of `settled`.
template <class T, class... Ts>
auto promise_all_settled(const promise<T>& first, const promise<Ts>&... others) {
  using U = std::tuple<settled<T>, settled<Ts>...>;
  return promise<U>(
      detail::combine_these<detail::gathering_state<true, U, T, Ts...>>(first, others...));
}

/// JavaScript's `Promise.race`: as the first that settles. Of none: pending for ever.
template <class T>
promise<T> promise_race(loop& l, const std::vector<promise<T>>& promises) {
  return promise<T>(detail::combine<detail::first_state<false, T>>(l, promises));
}
template <class T, std::same_as<promise<T>>... Promises>
promise<T> promise_race(const promise<T>& first, const Promises&... others) {
  return promise<T>(detail::combine_these<detail::first_state<false, T>>(first, others...));
}

/// JavaScript's `Promise.any`: the first value; where there is none, all reasons in the order of
/// `promises`, as a `failure_group`.
template <class T>
promise<T> promise_any(loop& l, const std::vector<promise<T>>& promises) {
  auto& made = detail::combine<detail::first_state<true, T>>(l, promises);
  if (promises.empty()) made.reject_with_all();
  return promise<T>(made);
}
template <class T, std::same_as<promise<T>>... Promises>
promise<T> promise_any(const promise<T>& first, const Promises&... others) {
  return promise<T>(detail::combine_these<detail::first_state<true, T>>(first, others...));
}

}  // namespace rondo
