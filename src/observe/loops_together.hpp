#pragma once

#include <rondo/async/loop_executor.hpp>
#include <rondo/base/time.hpp>
#include <rondo/base/unique_function.hpp>
#include <rondo/runtime/loop_group.hpp>
#include <rondo/task/cancel_scope.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/task.hpp>

namespace rondo::observe {

/// One loop, as its own thread sees it.
struct loop_here {
  loop_executor* runs;
  loop_group* group;  // null: it is by itself
  int index;          // in its group

  runtime* scheduler() const noexcept { return group != nullptr ? group->scheduler() : nullptr; }

  /// `f(line)` for each line of execution that is there, and those in groups of theirs.
  template <class F>
  void for_each_line(F f) const {
    const auto take = [](void* with, const task_context& line) {
      each_below(*static_cast<F*>(with), line);
    };
    if (group != nullptr) {
      group->for_each_line_here(index, take, &f);
    } else if (runs->root() != nullptr) {
      take(&f, runs->root()->parent());
    }
  }

 private:
  template <class F>
  static void each_below(F& f, const task_context& line) {
    f(line);
    if (!line.is_waiting()) return;
    cancel_scope* const below = line.waits_for_unlocked().region;
    if (below == nullptr) return;
    below->for_each_task([&](const task_context& child) { each_below(f, child); });
  }
};

/// The loop of a task and those that belong together with it: all workers of its runtime, all
/// shards of its `run`, or that loop alone. Used by that task.
class loops_together {
 public:
  explicit loops_together(const task_context& line) noexcept;

  int size() const noexcept { return group_ != nullptr ? group_->loops() : 1; }
  loop& at(int index) const noexcept { return group_ != nullptr ? group_->loop_at(index) : *own_; }

  /// Calls `f` once on the thread of each of them, on the own one at once; then waits until all
  /// have called it, or until `patience` is over: a loop that hangs calls it later, or never. So
  /// `f` owns what it uses, and may run on several threads at once. Throws what the first threw,
  /// and `cancelled`, which changes nothing for the others.
  task<> visit(unique_function<void(const loop_here&)> f, duration patience) const;

 private:
  loop_group* group_;  // null: the loop is by itself
  loop* own_;
};

}  // namespace rondo::observe
