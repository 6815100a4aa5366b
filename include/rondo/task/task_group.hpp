#pragma once

#include <coroutine>
#include <cstdint>
#include <exception>
#include <source_location>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/task/failure_group.hpp>
#include <rondo/task/task.hpp>
#include <rondo/task/unit.hpp>

namespace rondo {

/// How a line of execution ended.
enum class line_end : std::uint8_t {
  with_value,
  failed,
  cancelled,  ///< by `cancelled`, and somebody had asked for it; unasked it is a failure
};

/// Several lines of execution under one parent, who waits until the last of them has ended: what
/// lies under `when_all`, `with_scope` and their kin. By `child_ends` the first failure cancels the
/// others; who wants the ends treated otherwise puts his own together from its parts. All failures
/// are kept for the parent. Thread: the parent's. Lifetime: in the parent's frame; outlives its
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
  const cancel_scope& region() const noexcept { return region_; }
  task_context& parent() const noexcept { return *parent_; }
  /// Where the parent awaits it.
  const std::source_location& where() const noexcept { return where_; }
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
  /// The first part of that: the line leaves its scope. Says how it ended; of that the group
  /// remembers a cancel only.
  line_end take_leave(task_context& child) noexcept;
  /// The last part: one child less, and maybe none.
  std::coroutine_handle<> one_less() noexcept {
    if (--children_ > 0 || parent_runs_) return std::noop_coroutine();
    parent_->end_wait();
    return continuation_;
  }

  /// Keeps `failure` for the parent and cancels all children.
  void fail(std::exception_ptr failure) noexcept;
  /// Keeps it only. What is known already (a child's failure that reached another child through its
  /// `join_handle`) is not kept twice.
  void keep(std::exception_ptr failure) noexcept;
  bool has_failures() const noexcept { return failure_ != nullptr; }
  /// The first of them, or null.
  const std::exception_ptr& first_failure() const noexcept { return failure_; }

  /// For the parent, after the end, in any case: throws the failure, or a `failure_group` where
  /// there are several; or `cancelled` where that is what ended a child and somebody around the
  /// group had asked for it.
  void rethrow_failure();

  /// A cancel of the parent, for the children. However deep groups are nested, the stack is not.
  void deliver(const cancel_cause& cause) noexcept;

  wait_description describe() const noexcept;

  /// Whether a child ended by `cancelled` because this group or one around it was cancelled. (A
  /// child that throws `cancelled` though nobody had asked for it has failed.)
  bool was_cancelled() const noexcept { return child_cancelled_; }
  /// The same for children that the group knows only through somebody else.
  void note_cancelled() noexcept { child_cancelled_ = true; }

 private:
  void wait(task_context& parent, std::coroutine_handle<> resumed_at_the_end,
            std::source_location where) noexcept;

  cancel_scope region_;
  task_context* parent_ = nullptr;
  task_group* delivered_next_ = nullptr;
  std::source_location where_;
  std::coroutine_handle<> continuation_;
  std::exception_ptr failure_;
  owned<std::vector<std::exception_ptr>> failures_;  // all of them, from the second one on
  int children_ = 0;
  bool parent_runs_ = false;
  bool child_cancelled_ = false;
};

namespace detail {

/// One child of a group, whatever its type.
class child_base : public task_context {
  line_end end_ = line_end::with_value;  // first: it fits into the last bytes of the base

 public:
  using end_function = std::coroutine_handle<> (*)(task_context& self) noexcept;

  task_group& group() const noexcept { return *group_; }

  /// How it ended; whoever has a use for it notes it.
  void note_end(line_end how) noexcept { end_ = how; }
  line_end how_it_ended() const noexcept { return end_; }

 protected:
  child_base() noexcept = default;
  explicit child_base(std::coroutine_handle<> frame) noexcept : frame_(frame) {}

  /// From now on it counts as a child of `group`.
  void join(task_group& group, std::source_location where, end_function at_the_end) noexcept {
    group_ = &group;
    finished_ = at_the_end;
    open(group.parent().runs_on(), group.region(), where);
    tell(line_event::begins);
    group.child_begins();
  }

  std::coroutine_handle<> frame_;

 private:
  friend class start_chain;

  task_group* group_ = nullptr;
  child_base* started_next_ = nullptr;
};

/// Children that are ready to start, in order. Each runs in place until it first suspends.
class start_chain {
 public:
  void add(child_base& child) noexcept {
    (first_ == nullptr ? first_ : last_->started_next_) = &child;
    last_ = &child;
  }

  /// Starts them. The parent counts as suspended already: it, and with it the awaiter whose
  /// children these are, may be gone when this returns. Children that start children of their own
  /// do not nest on the stack: their chain is put before what is left of this one, which is the
  /// same order.
  void run() const noexcept;

 private:
  child_base* first_ = nullptr;
  child_base* last_ = nullptr;
};

/// One child that lives in its parent's frame. Movable until it starts.
template <class T>
class child_line final : public child_base {
 public:
  child_line() noexcept = default;
  explicit child_line(task<T> work) noexcept : child_base(work.release()) {}
  child_line(child_line&& unstarted) noexcept
      : child_base(std::exchange(unstarted.frame_, nullptr)) {}

  void adopt(task<T> work) noexcept { frame_ = work.release(); }

  /// Makes it ready for a `start_chain`. It counts as a child of `group` from now on.
  child_base& prepare(task_group& group, std::source_location where, end_function at_the_end) {
    RONDO_ASSERT(frame_);  // an empty task: moved from, awaited or spawned already
    join(group, where, at_the_end);
    frame().promise().start_in(*this, {}, where);
    return *this;
  }

  /// Starts the child as a chain of one, between `parent_begins` and `parent_has_started_all`; its
  /// failure cancels the group.
  void start(task_group& group, std::source_location where) {
    start_chain alone;
    alone.add(prepare(group, where, [](task_context& self) noexcept {
      return static_cast<child_line&>(self).group().child_ends(self);
    }));
    alone.run();
  }
  void start(task_group& group, std::source_location where, task<T> work) {
    adopt(std::move(work));
    start(group, where);
  }

  ~child_line() {
    if (frame_) frame_.destroy();
  }

  /// After the end, where nothing failed.
  T take() { return frame().promise().take(); }
  bool succeeded() const noexcept { return frame().promise().has_value(); }

  /// The same as an element of a tuple, a vector or an optional.
  value_or_unit<T> take_or_unit() {
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      return take();
    }
  }
  kept_t<T> take_kept() {
    if constexpr (std::is_reference_v<T>) {
      return &take();
    } else {
      return take_or_unit();
    }
  }

 private:
  typename task<T>::handle frame() const noexcept {
    return task<T>::handle::from_address(frame_.address());
  }
};

}  // namespace detail
}  // namespace rondo
