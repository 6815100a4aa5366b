#pragma once

#include <coroutine>

#include <rondo/task/task_group.hpp>

namespace rondo::detail {

/// A group in which one child decides and the others are cancelled, and awaited all the same.
class first_group : public task_group {
 public:
  /// Who decided; null before, and where all were cancelled from outside.
  const child_base* first() const noexcept { return first_; }

  /// For the parent, after the end: returns where a value decided. Otherwise throws all failures in
  /// the order in which they came, or `cancelled` where there is none.
  void rethrow_unless_value();

 protected:
  void decide(child_base& child) noexcept;

 private:
  child_base* first_ = nullptr;
};

/// The first to end decides, with a value or by failing.
class first_end_group : public first_group {
 public:
  static std::coroutine_handle<> ended(task_context& self) noexcept;
};

/// The first value decides; a failure cancels nobody.
class first_value_group : public first_group {
 public:
  static std::coroutine_handle<> ended(task_context& self) noexcept;
};

/// Nobody decides, nobody is cancelled.
class every_end_group : public task_group {
 public:
  static std::coroutine_handle<> ended(task_context& self) noexcept;
};

}  // namespace rondo::detail
