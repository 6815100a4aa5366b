#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/task/awaitable.hpp>
#include <rondo/task/child_lines.hpp>

namespace rondo {

namespace detail {

/// The first failure cancels the others.
class all_group : public task_group {
 public:
  static std::coroutine_handle<> ended(task_context& self) noexcept {
    return static_cast<child_base&>(self).group().child_ends(self);
  }
};

template <class... Ts>
class [[nodiscard]] when_all_awaiter : public together<all_group, line_tuple<Ts...>> {
 public:
  using together<all_group, line_tuple<Ts...>>::together;

  auto await_resume() {
    this->group_.rethrow_failure();
    if constexpr (!(std::is_void_v<Ts> && ...)) {
      return this->lines_.apply(
          [](auto&... line) { return std::tuple<value_or_unit<Ts>...>(line.take_or_unit()...); });
    }
  }
};

template <class T>
class [[nodiscard]] when_all_range_awaiter : public together<all_group, line_array<T>> {
 public:
  using together<all_group, line_array<T>>::together;

  auto await_resume() {
    this->group_.rethrow_failure();
    if constexpr (!std::is_void_v<T>) {
      std::vector<kept_t<T>> results;
      results.reserve(this->lines_.size());
      this->lines_.for_each([&](child_line<T>& line) { results.push_back(line.take_kept()); });
      return results;
    }
  }
};

}  // namespace detail

/// Runs all of them at once and yields all results, as a tuple in the order of the arguments
/// (`unit` for void; nothing at all where all are void). They start in that order, each running
/// until it first suspends. The first failure cancels the others; all have ended before it is
/// thrown, here: as a `failure_group` where several failed.
template <class... Ts>
auto when_all(task<Ts>... work) {
  return detail::when_all_awaiter<Ts...>(detail::line_tuple<Ts...>(std::move(work)...));
}

/// The same for any awaitables, such as `sleep_for(1s)`.
template <awaitable... As>
  requires(!(detail::is_task<As> && ...))
auto when_all(As... awaitables) {
  return when_all(as_task(std::move(awaitables))...);
}

/// The same for a number known only at run time; yields a vector in the same order (nothing for
/// void, pointers for references).
template <class T>
auto when_all(std::vector<task<T>> work) {
  return detail::when_all_range_awaiter<T>(detail::line_array<T>(std::move(work)));
}

}  // namespace rondo
