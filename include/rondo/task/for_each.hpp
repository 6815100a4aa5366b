#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/base/assert.hpp>
#include <rondo/task/async_generator.hpp>
#include <rondo/task/generator.hpp>
#include <rondo/task/join_set.hpp>
#include <rondo/task/this_task.hpp>
#include <rondo/task/when_all.hpp>

namespace rondo {

namespace detail {

template <class Range>
using iterator_of = decltype(std::begin(std::declval<Range&>()));

/// Of a container an element stays where it is. What can be read only once is copied, since others
/// read on while it is worked on; and moved, where a generator gives it away.
template <class Range>
struct element_of {
  using type = std::conditional_t<std::forward_iterator<iterator_of<Range>>,
                                  std::iter_reference_t<iterator_of<Range>>,
                                  std::iter_value_t<iterator_of<Range>>>;
  static constexpr bool is_given_away = false;
};
template <class T>
struct element_of<generator<T>> {
  using type = T;
  static constexpr bool is_given_away = !std::is_reference_v<T>;
};

/// The elements of a range, handed out to workers one by one.
template <class Range>
class element_source {
 public:
  using element = typename element_of<Range>::type;

  explicit element_source(Range& range) : at_(std::begin(range)), end_(std::end(range)) {}

  bool empty() const { return at_ == end_; }
  std::size_t taken() const noexcept { return taken_; }
  element take() {
    ++taken_;
    if constexpr (element_of<Range>::is_given_away) {
      element e(std::move(*at_));
      ++at_;
      return e;
    } else {
      element e = *at_;
      ++at_;
      return static_cast<element>(e);
    }
  }

 private:
  iterator_of<Range> at_;
  decltype(std::end(std::declval<Range&>())) end_;
  std::size_t taken_ = 0;
};

template <class Source, class F>
task<> work_off(Source& source, F& f) {
  while (!source.empty()) {
    co_await check_cancelled();
    typename Source::element e = source.take();
    co_await f(std::forward<typename Source::element>(e));
  }
}

template <class Source, class F, class Results>
task<> work_off_into(Source& source, F& f, Results& results) {
  while (!source.empty()) {
    co_await check_cancelled();
    const std::size_t index = source.taken();
    if (index >= results.size()) results.resize(index + 1);
    typename Source::element e = source.take();
    auto result = co_await f(std::forward<typename Source::element>(e));
    results[index].emplace(std::move(result));
  }
}

/// No more workers than there is work, where that is known.
template <class Range>
std::size_t worker_count(const Range& range, int limit) {
  RONDO_ASSERT(limit > 0);
  const auto most = static_cast<std::size_t>(limit);
  if constexpr (requires { std::size(range); }) {
    const auto size = static_cast<std::size_t>(std::size(range));
    return size < most ? size : most;
  } else {
    return most;
  }
}

template <class Range, class F>
task<> for_each_in(Range range, int limit, F f) {
  element_source<std::remove_reference_t<Range>> source(range);
  std::vector<task<>> workers(worker_count(range, limit));
  for (task<>& each : workers) each = work_off(source, f);
  co_await when_all(std::move(workers));
}

template <class Range, class F, class R>
task<std::vector<R>> map_each_in(Range range, int limit, F f) {
  element_source<std::remove_reference_t<Range>> source(range);
  std::vector<std::optional<R>> results;
  std::vector<task<>> workers(worker_count(range, limit));
  for (task<>& each : workers) each = work_off_into(source, f, results);
  co_await when_all(std::move(workers));
  std::vector<R> values;
  values.reserve(results.size());
  // NOLINTNEXTLINE(bugprone-unchecked-optional-access): when_all returned, so each is filled
  for (std::optional<R>& each : results) values.push_back(std::move(*each));
  co_return values;
}

template <class F, class T>
task<> call_with(F& f, T item) {  // owns the item while f works on it
  co_await f(std::forward<T>(item));
}

template <class Generator, class T, class F>
task<> for_each_from(Generator source, int limit, F f) {
  RONDO_ASSERT(limit > 0);
  const auto body = [&source, limit, &f](join_set<>& working) -> task<> {
    for (;;) {
      while (working.size() >= limit) co_await working.next();
      auto item = co_await source.next();
      if (!item) break;
      working.spawn(call_with<F, T>(f, std::forward<T>(*item)));
    }
    bool more = true;
    while (more) more = co_await working.next();
  };
  co_await with_fail_fast_set(body);
}

template <class Generator, class T, class F>
task<> for_each_in_turn(Generator source, F f) {
  for (;;) {
    auto item = co_await source.next();
    if (!item) break;
    co_await call(f, std::forward<T>(*item));
  }
}

template <class Range, class F>
using mapped_t = typename std::invoke_result_t<
    F&, typename element_source<std::remove_reference_t<Range>>::element>::value_type;

}  // namespace detail

/// Anything that a range-for goes over without waiting: containers, views, a `generator`.
template <class Range>
concept element_range = requires(Range& r) { std::begin(r) != std::end(r); };

/// Calls `f`, which returns a `task<>`, for each element, at most `limit` of them at a time, and
/// awaits them all. The elements are begun in order. The first failure cancels the others, begins
/// no more, and is thrown when all have ended (as a `failure_group` where several failed).
///
/// Lifetime: a range that is an lvalue is referred to, and outlives the task; a temporary is moved
/// into it. `f` gets `Range`'s reference; of a range that can be read only once, a value.
template <element_range Range, class F>
RONDO_COROUTINE_WRAPPER task<> for_each(Range& range, int limit, F f) {
  return detail::for_each_in<Range&, F>(range, limit, std::move(f));
}
/// Of a temporary.
template <element_range Range, class F>
  requires(!std::is_lvalue_reference_v<Range>)
RONDO_OWNING_WRAPPER task<> for_each(Range&& range, int limit, F f) {
  return detail::for_each_in<Range, F>(std::forward<Range>(range), limit, std::move(f));
}

/// The same, where `f` returns a task of a value: yields the values in the order of the elements.
template <element_range Range, class F>
RONDO_COROUTINE_WRAPPER auto map_each(Range& range, int limit, F f) {
  return detail::map_each_in<Range&, F, detail::mapped_t<Range&, F>>(range, limit, std::move(f));
}
/// Of a temporary.
template <element_range Range, class F>
  requires(!std::is_lvalue_reference_v<Range>)
RONDO_OWNING_WRAPPER auto map_each(Range&& range, int limit, F f) {
  return detail::map_each_in<Range, F, detail::mapped_t<Range, F>>(std::forward<Range>(range),
                                                                   limit, std::move(f));
}

/// The same for elements that have to be waited for. The source is asked for the next one only when
/// there is room for it, so it is held back by slow work.
template <class T, class F>
RONDO_OWNING_WRAPPER task<> for_each(async_generator<T>&& source, int limit, F f) {
  return detail::for_each_from<async_generator<T>, T, F>(std::move(source), limit, std::move(f));
}
/// The generator is referred to: what is left of it can be read afterwards.
template <class T, class F>
RONDO_COROUTINE_WRAPPER task<> for_each(async_generator<T>& source, int limit, F f) {
  return detail::for_each_from<async_generator<T>&, T, F>(source, limit, std::move(f));
}

/// One element after the other, in the same line of execution: what a loop over `next()` does. `f`
/// returns void or a `task<>`.
template <class T, class F>
RONDO_OWNING_WRAPPER task<> for_each(async_generator<T>&& source, F f) {
  return detail::for_each_in_turn<async_generator<T>, T, F>(std::move(source), std::move(f));
}
/// The generator is referred to.
template <class T, class F>
RONDO_COROUTINE_WRAPPER task<> for_each(async_generator<T>& source, F f) {
  return detail::for_each_in_turn<async_generator<T>&, T, F>(source, std::move(f));
}

}  // namespace rondo
