#pragma once

#include <coroutine>
#include <cstddef>
#include <source_location>
#include <tuple>
#include <utility>
#include <vector>

#include <rondo/task/task_group.hpp>

/// What `when_all`, `when_any`, `all_settled` and `race` have in common: children of a known number
/// or of a number known at run time, started together, and a parent that waits for the last.
namespace rondo::detail {

/// Children of a known number and of types of their own.
template <class... Ts>
class line_tuple {
 public:
  explicit line_tuple(task<Ts>... work) noexcept : lines_(std::move(work)...) {}
  line_tuple(line_tuple&&) noexcept = default;

  static constexpr std::size_t size() noexcept { return sizeof...(Ts); }

  template <class F>
  void for_each(F&& f) {
    std::apply([&](auto&... line) { (f(line), ...); }, lines_);
  }

  /// Calls `f` with all of them at once.
  template <class F>
  decltype(auto) apply(F&& f) {
    return std::apply(f, lines_);
  }

 private:
  std::tuple<child_line<Ts>...> lines_;
};

/// Children of one type, their number known at run time.
template <class T>
class line_array {
 public:
  explicit line_array(std::vector<task<T>> work)
      : lines_(new child_line<T>[work.size()]), size_(work.size()) {
    for (std::size_t i = 0; i < size_; ++i) lines_[i].adopt(std::move(work[i]));
  }
  line_array(line_array&& unstarted) noexcept
      : lines_(std::exchange(unstarted.lines_, nullptr)), size_(unstarted.size_) {}
  ~line_array() { delete[] lines_; }

  std::size_t size() const noexcept { return size_; }
  child_line<T>& operator[](std::size_t i) noexcept { return lines_[i]; }

  template <class F>
  void for_each(F&& f) {
    for (std::size_t i = 0; i < size_; ++i) f(lines_[i]);
  }

 private:
  child_line<T>* lines_;
  std::size_t size_;
};

/// The awaiter of them all: what `Group` says happens when a child ends. A derived class adds
/// `await_resume`. Movable until awaited.
template <class Group, class Lines>
class together {
 public:
  explicit together(Lines lines) noexcept : lines_(std::move(lines)) {}
  together(together&& unstarted) noexcept : lines_(std::move(unstarted.lines_)) {}

  bool await_ready() const noexcept { return lines_.size() == 0; }

  /// The default argument says where the `co_await` stands.
  template <task_promise Promise>
  void await_suspend(std::coroutine_handle<Promise> parent,
                     std::source_location where = std::source_location::current()) {
    group_.open(parent.promise().context(), parent, where);
    start_chain chain;
    lines_.for_each([&](auto& line) { chain.add(line.prepare(group_, where, &Group::ended)); });
    chain.run();
  }

 protected:
  Group group_;
  Lines lines_;
};

}  // namespace rondo::detail
