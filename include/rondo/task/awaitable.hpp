#pragma once

#include <type_traits>
#include <utility>

#include <rondo/task/task.hpp>

namespace rondo {

namespace detail {

template <class A>
decltype(auto) awaiter_of(A&& awaitable) {
  if constexpr (requires { std::forward<A>(awaitable).operator co_await(); }) {
    return std::forward<A>(awaitable).operator co_await();
  } else if constexpr (requires { operator co_await(std::forward<A>(awaitable)); }) {
    return operator co_await(std::forward<A>(awaitable));
  } else {
    return std::forward<A>(awaitable);
  }
}

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

}  // namespace detail

/// What `co_await` of an A yields.
template <class A>
using await_result_t = decltype(detail::awaiter_of(std::declval<A>()).await_resume());

/// Whatever `co_await` takes: an awaiter, or what has an `operator co_await`.
template <class A>
concept awaitable = requires(A&& a) {
  { detail::awaiter_of(std::forward<A>(a)).await_ready() } -> std::convertible_to<bool>;
};

/// Any awaitable as a task, which owns it. A task stays what it is.
template <class T>
RONDO_COROUTINE_WRAPPER task<T> as_task(task<T> t) noexcept {
  return t;
}
namespace detail {
template <class A>
task<std::remove_cvref_t<await_result_t<A>>> awaiting(A a) {
  co_return co_await std::move(a);
}
}  // namespace detail

/// Any other awaitable, moved into the task.
template <awaitable A>
  requires(!detail::is_task<std::remove_cvref_t<A>> && !std::is_lvalue_reference_v<A>)
RONDO_OWNING_WRAPPER task<std::remove_cvref_t<await_result_t<A>>> as_task(A&& a) {
  return detail::awaiting<A>(std::forward<A>(a));
}

namespace detail {

/// Calls `f` and awaits what it returns, where it returns something: `f` may be a function or a
/// coroutine.
template <class F, class... Args>
task<> call(F& f, Args&&... args) {
  if constexpr (std::is_void_v<std::invoke_result_t<F&, Args...>>) {
    f(std::forward<Args>(args)...);
    co_return;
  } else {
    co_await f(std::forward<Args>(args)...);
  }
}

}  // namespace detail
}  // namespace rondo
