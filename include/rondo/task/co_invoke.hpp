#pragma once

#include <type_traits>
#include <utility>

#include <rondo/task/awaitable.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

namespace detail {

template <class F, class... Args>
std::invoke_result_t<F&, Args...> invoke_owned(F f, Args... arguments) {
  co_return co_await f(std::move(arguments)...);
}

}  // namespace detail

/// `f(arguments...)` as a task that owns both: copies or moves of them live in its frame until it
/// has ended, where a coroutine that is called directly would keep references. For what is spawned,
/// and for lambdas with captures: `s.spawn(co_invoke([peer]() -> task<> { ... }))`. `f` takes what
/// it is given by value, by const reference or by rvalue reference.
template <class F, class... Args>
RONDO_OWNING_WRAPPER auto co_invoke(F f, Args... arguments) {
  static_assert(
      requires { f(std::move(arguments)...); },
      "co_invoke: the function can't be called so. Where it takes a reference to a "
      "variable, that may be gone before the task ends: pass a pointer or std::ref if it "
      "is not");
  return detail::invoke_owned<F, Args...>(std::move(f), std::move(arguments)...);
}

/// A callable that makes a task.
template <class F>
concept makes_task = requires(F& f) {
  typename std::invoke_result_t<F&>::value_type;
  requires detail::is_task<std::invoke_result_t<F&>>;
};

/// Such a callable as the task that owns it: so that a lambda can stand where an awaitable can,
/// `with_timeout(5s, [&]() -> task<> { ... })`.
template <makes_task F>
RONDO_OWNING_WRAPPER auto as_task(F f) {
  return co_invoke(std::move(f));
}

/// What `with_timeout`, `shield` and their like take: an awaitable, or a callable that makes a
/// task.
template <class A>
concept startable = awaitable<A> || makes_task<A>;

}  // namespace rondo
