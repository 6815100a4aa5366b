#pragma once

#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>

#include <rondo/base/error.hpp>
#include <rondo/task/awaitable.hpp>
#include <rondo/task/child_lines.hpp>
#include <rondo/task/first_group.hpp>
#include <rondo/task/settled.hpp>

namespace rondo {

/// What `when_any` yields: who was first, and how each ended. A loser that was to be cancelled and
/// completed all the same has a value here, too; it is the caller's now, who may have to put it
/// back. Losers that failed while they were being cancelled are found here as well.
template <class... Ts>
class any_result {
 public:
  any_result(std::size_t first, settled<Ts>... ends) : first_(first), ends_(std::move(ends)...) {}

  /// Who ended first, counted from 0; the number of children where all were cancelled from outside.
  std::size_t index() const noexcept { return first_; }

  /// How the I-th ended.
  template <std::size_t I>
  auto& at() noexcept {
    return std::get<I>(ends_);
  }
  /// Whether the I-th has a value.
  template <std::size_t I>
  bool has() const noexcept {
    return std::get<I>(ends_).has_value();
  }
  /// The value of the I-th, which must be there. May be moved from.
  template <std::size_t I>
  auto& get() noexcept {
    return std::get<I>(ends_).value();
  }

  /// Calls `f` with each value that there is: that of the first to end, then those of completed
  /// losers in the order of the arguments.
  template <class F>
  void visit(F f) {
    visit_all(f, std::index_sequence_for<Ts...>());
  }

 private:
  template <class F, std::size_t... Is>
  void visit_all(F& f, std::index_sequence<Is...>) {
    ((Is == first_ && has<Is>() ? void(f(get<Is>())) : void()), ...);
    ((Is != first_ && has<Is>() ? void(f(get<Is>())) : void()), ...);
  }

  std::size_t first_;
  std::tuple<settled<Ts>...> ends_;
};

/// The same for children of one type, their number known at run time.
template <class T>
class any_results {
 public:
  any_results(std::size_t first, std::vector<settled<T>> ends) noexcept
      : first_(first), ends_(std::move(ends)) {}

  std::size_t index() const noexcept { return first_; }
  std::size_t size() const noexcept { return ends_.size(); }
  settled<T>& at(std::size_t i) { return ends_.at(i); }
  bool has(std::size_t i) const { return ends_.at(i).has_value(); }
  auto& get(std::size_t i) { return ends_.at(i).value(); }

  template <class F>
  void visit(F f) {
    if (first_ < size() && has(first_)) f(get(first_));
    for (std::size_t i = 0; i < size(); ++i) {
      if (i != first_ && has(i)) f(get(i));
    }
  }

 private:
  std::size_t first_;
  std::vector<settled<T>> ends_;
};

namespace detail {

/// The place of the one who was first.
template <class Lines>
std::size_t index_of(const child_base* first, Lines& lines) {
  std::size_t index = lines.size();
  std::size_t i = 0;
  lines.for_each([&](child_base& line) {
    if (&line == first) index = i;
    ++i;
  });
  return index;
}

template <class... Ts>
any_result<Ts...> result_of(const child_base* first, line_tuple<Ts...>& lines) {
  const std::size_t index = index_of(first, lines);
  return lines.apply([&](auto&... line) { return any_result<Ts...>(index, settle(line)...); });
}
template <class T>
any_results<T> result_of(const child_base* first, line_array<T>& lines) {
  std::vector<settled<T>> ends;
  ends.reserve(lines.size());
  lines.for_each([&](child_line<T>& line) { ends.push_back(settle(line)); });
  return any_results<T>(index_of(first, lines), std::move(ends));
}

inline void expect_somebody(std::size_t children, const char* who) {
  if (children > 0) return;
  throw error(errc::invalid_argument, std::string(who) + ": of no tasks at all none can be first");
}

/// `Throws`: whether the failure that decided is thrown.
template <bool Throws, class Lines>
class [[nodiscard]] when_any_awaiter : public together<first_end_group, Lines> {
 public:
  using together<first_end_group, Lines>::together;

  auto await_resume() {
    expect_somebody(this->lines_.size(), "when_any");
    if constexpr (Throws) this->group_.rethrow_unless_value();
    return result_of(this->group_.first(), this->lines_);
  }

  /// `co_await when_any(...).as_settled()` throws nothing: a failure that decided, and a cancel
  /// from outside, are in the result. So not even what completed beside a failure is lost.
  when_any_awaiter<false, Lines> as_settled() && noexcept {
    return when_any_awaiter<false, Lines>(std::move(this->lines_));
  }
};

}  // namespace detail

/// Runs them at once until the first has ended, then cancels the others, awaits them, and yields
/// who was first with its value (see `any_result`). They start in the order of the arguments; all
/// of them start, also where the first ends at once.
///
/// Where the first to end failed, its failure is thrown, as a `failure_group` if others failed,
/// too; `as_settled()` hands it out instead. A cancel from outside throws `cancelled`, unless one
/// had completed.
template <class... Ts>
  requires(sizeof...(Ts) > 0)
auto when_any(task<Ts>... work) {
  using lines = detail::line_tuple<Ts...>;
  return detail::when_any_awaiter<true, lines>(lines(std::move(work)...));
}

/// The same for any awaitables, such as `sleep_for(1s)`.
template <awaitable... As>
  requires(sizeof...(As) > 0 && !(detail::is_task<As> && ...))
auto when_any(As... awaitables) {
  return when_any(as_task(std::move(awaitables))...);
}

/// The same for a number known only at run time; yields `any_results`. Of none it throws `error`
/// with `errc::invalid_argument`.
template <class T>
auto when_any(std::vector<task<T>> work) {
  using lines = detail::line_array<T>;
  return detail::when_any_awaiter<true, lines>(lines(std::move(work)));
}

}  // namespace rondo
