#pragma once

#include <type_traits>
#include <utility>

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

}  // namespace rondo
