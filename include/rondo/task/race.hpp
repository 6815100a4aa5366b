#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/task/awaitable.hpp>
#include <rondo/task/child_lines.hpp>
#include <rondo/task/first_group.hpp>
#include <rondo/task/when_any.hpp>

namespace rondo {

namespace detail {

/// Values of losers that nobody asked for.
struct drop {
  template <class T>
  void operator()(T&&) const noexcept {}
};

template <class T, class Group, class Leftovers>
class [[nodiscard]] race_awaiter : public together<Group, line_array<T>> {
  using base = together<Group, line_array<T>>;

 public:
  race_awaiter(line_array<T> lines, Leftovers leftovers)
      : base(std::move(lines)), leftovers_(std::move(leftovers)) {}

  T await_resume() {
    expect_somebody(this->lines_.size(), "race");
    const child_base* const first = this->group_.first();
    this->lines_.for_each([&](child_line<T>& line) {
      if (&line == first || line.how_it_ended() != line_end::with_value) return;
      leftovers_(line.take_or_unit());
    });
    this->group_.rethrow_unless_value();
    return const_cast<child_line<T>*>(static_cast<const child_line<T>*>(first))->take();
  }

  /// `co_await race(...).leftovers_to(f)`: calls `f` with the value of each loser that completed
  /// although it was cancelled, before the await yields or throws. For values that must go back to
  /// where they came from: connections, messages, permits.
  template <class F>
  race_awaiter<T, Group, F> leftovers_to(F f) && {
    return race_awaiter<T, Group, F>(std::move(this->lines_), std::move(f));
  }

 private:
  Leftovers leftovers_;
};

template <class Group, class T>
auto make_race(std::vector<task<T>> work) {
  return race_awaiter<T, Group, drop>(line_array<T>(std::move(work)), drop());
}

template <class First, class... Others>
std::vector<First> vector_of(First first, Others... others) {
  std::vector<First> all;
  all.reserve(1 + sizeof...(Others));
  all.push_back(std::move(first));
  (all.push_back(std::move(others)), ...);
  return all;
}

}  // namespace detail

/// Runs tasks of one type at once and yields the value of the first to end, or throws its failure
/// (as a `failure_group` if others failed, too). The others are cancelled and awaited before. A
/// loser that completed all the same: its value is destroyed, or handed to `leftovers_to`; who
/// wants to see all ends takes `when_any`.
template <class T>
auto race(std::vector<task<T>> work) {
  return detail::make_race<detail::first_end_group>(std::move(work));
}

/// The same for tasks of a known number.
template <class T, std::same_as<task<T>>... Others>
auto race(task<T> first, Others... others) {
  return race(detail::vector_of(std::move(first), std::move(others)...));
}

/// Runs tasks of one type at once and yields the first value; a failure only takes its task out of
/// the race. Where none has a value, all failures are thrown, as a `failure_group` where there are
/// several. The others are cancelled and awaited before; their values as with `race`.
template <class T>
auto first_success(std::vector<task<T>> work) {
  return detail::make_race<detail::first_value_group>(std::move(work));
}

/// The same for tasks of a known number.
template <class T, std::same_as<task<T>>... Others>
auto first_success(task<T> first, Others... others) {
  return first_success(detail::vector_of(std::move(first), std::move(others)...));
}

}  // namespace rondo
