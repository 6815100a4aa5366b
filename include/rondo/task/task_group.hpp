#pragma once

#include <coroutine>
#include <exception>
#include <source_location>
#include <utility>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/task/failure_group.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// Several lines of execution under one parent, who waits until the last of them has ended: what
/// lies under `when_all`, `with_scope` and `with_timeout`. The first failure cancels the others;
/// all are kept for the parent. Thread: the parent's. Lifetime: in the parent's frame; outlives its
/// children.
class task_group {
 public:
  /// Puts the group into the parent's scope, and lets the parent wait for it. Before the first
  /// child.
  void open(task_context& parent, std::coroutine_handle<> resumed_at_the_end,
            std::source_location where) noexcept;
  /// The same for a group that nothing from outside can cancel, once it has been opened.
  void open_shielded(task_context& parent, std::coroutine_handle<> resumed_at_the_end,
                     std::source_location where) noexcept;

  cancel_scope& region() noexcept { return region_; }
  task_context& parent() const noexcept { return *parent_; }
  int children() const noexcept { return children_; }
  /// Whether children may begin: between the parent's suspension and the end of the last child.
  bool has_begun() const noexcept { return parent_runs_ || children_ > 0; }

  void child_begins() noexcept { ++children_; }

  /// Around the starts of the first children: none of them, ending at once, resumes a parent that
  /// still runs. True where all have ended: then the parent does not suspend.
  void parent_begins() noexcept { parent_runs_ = true; }
  bool parent_has_started_all() noexcept {
    parent_runs_ = false;
    return children_ == 0;
  }

  /// What a line that ends reports. Says what to resume: the parent after the last one.
  std::coroutine_handle<> child_ends(task_context& child) noexcept;

  /// Keeps `failure` for the parent and cancels all children. What is known already (a child's
  /// failure that reached another child through its `join_handle`) is not kept twice.
  void fail(std::exception_ptr failure) noexcept;

  /// For the parent, after the end, in any case: throws the failure, or a `failure_group` where
  /// there are several; or `cancelled` where that is what ended a child and somebody around the
  /// group had asked for it.
  void rethrow_failure();

  wait_description describe() const noexcept;

  /// Whether a child ended by `cancelled` because this group or one around it was cancelled. (A
  /// child that throws `cancelled` though nobody had asked for it has failed.)
  bool was_cancelled() const noexcept { return child_cancelled_; }

 private:
  void wait(task_context& parent, std::coroutine_handle<> resumed_at_the_end,
            std::source_location where) noexcept;

  cancel_scope region_;
  task_context* parent_ = nullptr;
  std::source_location where_;
  std::coroutine_handle<> continuation_;
  std::exception_ptr failure_;
  owned<std::vector<std::exception_ptr>> failures_;  // all of them, from the second one on
  int children_ = 0;
  bool parent_runs_ = false;
  bool child_cancelled_ = false;
};

namespace detail {

/// One child of a group that lives in its parent's frame. Movable until it starts.
template <class T>
class child_line final : public task_context {
 public:
  child_line() noexcept = default;
  explicit child_line(task<T> work) noexcept : handle_(work.release()) {}
  child_line(child_line&& unstarted) noexcept : handle_(std::exchange(unstarted.handle_, {})) {}

  /// Runs the child in place until it first suspends.
  void start(task_group& group, std::source_location where) {
    RONDO_ASSERT(handle_);  // an empty task: moved from, awaited or spawned already
    group_ = &group;
    finished_ = [](task_context& self) noexcept {
      return static_cast<child_line&>(self).group_->child_ends(self);
    };
    open(group.parent().runs_on(), group.region(), where);
    group.child_begins();
    handle_.promise().start_in(*this, {}, where);
    handle_.resume();
  }
  void start(task_group& group, std::source_location where, task<T> work) {
    handle_ = work.release();
    start(group, where);
  }

  ~child_line() {
    if (handle_) handle_.destroy();
  }

  /// After the end, where nothing failed.
  T take() { return handle_.promise().take(); }
  bool succeeded() const noexcept { return handle_.promise().has_value(); }

 private:
  typename task<T>::handle handle_;
  task_group* group_ = nullptr;
};

}  // namespace detail
}  // namespace rondo
