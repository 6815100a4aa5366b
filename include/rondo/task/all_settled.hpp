#pragma once

#include <tuple>
#include <utility>
#include <vector>

#include <rondo/task/awaitable.hpp>
#include <rondo/task/child_lines.hpp>
#include <rondo/task/first_group.hpp>
#include <rondo/task/settled.hpp>

namespace rondo {

namespace detail {

template <class... Ts>
class [[nodiscard]] all_settled_awaiter : public together<every_end_group, line_tuple<Ts...>> {
 public:
  using together<every_end_group, line_tuple<Ts...>>::together;

  std::tuple<settled<Ts>...> await_resume() {
    return this->lines_.apply(
        [](auto&... line) { return std::tuple<settled<Ts>...>(settle(line)...); });
  }
};

template <class T>
class [[nodiscard]] all_settled_range_awaiter : public together<every_end_group, line_array<T>> {
 public:
  using together<every_end_group, line_array<T>>::together;

  std::vector<settled<T>> await_resume() {
    std::vector<settled<T>> results;
    results.reserve(this->lines_.size());
    this->lines_.for_each([&](child_line<T>& line) { results.push_back(settle(line)); });
    return results;
  }
};

}  // namespace detail

/// Runs all of them at once, each to its end whatever becomes of the others, and yields how each
/// ended, as a tuple in the order of the arguments. Throws nothing: after a cancel from outside the
/// result says who had ended and who was cancelled, and the next await meets the cancel.
template <class... Ts>
auto all_settled(task<Ts>... work) {
  return detail::all_settled_awaiter<Ts...>(detail::line_tuple<Ts...>(std::move(work)...));
}

/// The same for any awaitables.
template <awaitable... As>
  requires(!(detail::is_task<As> && ...))
auto all_settled(As... awaitables) {
  return all_settled(as_task(std::move(awaitables))...);
}

/// The same for a number known only at run time; yields a vector in the same order.
template <class T>
auto all_settled(std::vector<task<T>> work) {
  return detail::all_settled_range_awaiter<T>(detail::line_array<T>(std::move(work)));
}

}  // namespace rondo
