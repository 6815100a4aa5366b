#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include <rondo/task/awaitable.hpp>
#include <rondo/task/failure_group.hpp>
#include <rondo/task/shield.hpp>
#include <rondo/task/unit.hpp>

namespace rondo {

namespace detail {

template <class A, class Use>
using use_result_t =
    typename std::invoke_result_t<Use&, std::add_lvalue_reference_t<await_result_t<A>>>::value_type;

/// Awaits `work` and keeps what it yields.
template <class T>
task<> keep_result(task<T> work, std::optional<kept_t<T>>& result) {
  if constexpr (std::is_void_v<T>) {
    co_await std::move(work);
    result.emplace();
  } else if constexpr (std::is_reference_v<T>) {
    T value = co_await std::move(work);
    result.emplace(&value);
  } else {
    T value = co_await std::move(work);
    result.emplace(std::move(value));
  }
}

}  // namespace detail

/// A resource that needs a task to be given back: awaits `acquire`, awaits `use(resource)`, and on
/// every way out, also after a failure or a cancel, awaits `release(resource)`, which no cancel
/// from outside interrupts (see `shield`; give it a limit of its own where it may hang). Yields
/// what `use` yields. `use` returns a task, `release` a `task<>` or void; both get the resource by
/// reference, and it is destroyed after them.
///
/// A failure of `use` is thrown after the release, together with one of `release` as a
/// `failure_group`. Where `acquire` throws, there is nothing to release; where it completes
/// although a cancel has come, `use` is begun and meets it, and the resource is released.
template <awaitable A, class Use, class Release>
task<detail::use_result_t<A, Use>> with_resource(A acquire, Use use, Release release) {
  using value_type = detail::use_result_t<A, Use>;
  detail::failure_list failures;
  failures.reserve(2);  // so that nothing can come between a failure and the release
  std::optional<detail::kept_t<value_type>> result;
  await_result_t<A> resource = co_await std::move(acquire);
  try {
    co_await detail::keep_result<value_type>(use(resource), result);
  } catch (...) {
    failures.add_current();
  }
  try {
    co_await shield(detail::call(release, resource));
  } catch (...) {
    failures.add_current();
  }
  failures.rethrow();  // so that from here on there is a result
  // NOLINTBEGIN(bugprone-unchecked-optional-access)
  if constexpr (std::is_reference_v<value_type>) {
    co_return **result;
  } else if constexpr (!std::is_void_v<value_type>) {
    co_return std::move(*result);
  }
  // NOLINTEND(bugprone-unchecked-optional-access)
}

}  // namespace rondo
