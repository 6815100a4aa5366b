// The bookkeeping of a parent that waits for its children: who is left, and what failed.
#include <algorithm>
#include <new>
#include <utility>

#include <rondo/task/task_group.hpp>

namespace rondo {

namespace {

/// A parent that waits for its group: a cancel is the children's affair.
constexpr wait_kind waits_for_children = {
    .wake =
        [](void* group, const cancel_cause& cause) noexcept {
          static_cast<task_group*>(group)->deliver(cause);
        },
    .describe =
        [](const void* group) noexcept {
          return static_cast<const task_group*>(group)->describe();
        },
};

/// How far a cancel that is on its way down has come, on this thread, and the groups that lay too
/// deep: the outermost call delivers to them, too.
struct delivery {
  int depth = 0;
  task_group* later = nullptr;
};
constinit thread_local delivery current;
constexpr int deepest = 100;

}  // namespace

void task_group::open(task_context& parent, std::coroutine_handle<> resumed_at_the_end,
                      std::source_location where) noexcept {
  region_.open_in(parent);
  wait(parent, resumed_at_the_end, where);
}

void task_group::open_shielded(task_context& parent, std::coroutine_handle<> resumed_at_the_end,
                               std::source_location where) noexcept {
  region_.open_shielded();
  wait(parent, resumed_at_the_end, where);
}

void task_group::wait(task_context& parent, std::coroutine_handle<> resumed_at_the_end,
                      std::source_location where) noexcept {
  parent_ = &parent;
  continuation_ = resumed_at_the_end;
  where_ = where;
  parent.begin_wait(waits_for_children, this, resumed_at_the_end);
}

void task_group::deliver(const cancel_cause& cause) noexcept {
  if (current.depth == deepest) {
    delivered_next_ = std::exchange(current.later, this);
    return;
  }
  ++current.depth;
  region_.deliver(cause);
  while (current.depth == 1 && current.later != nullptr) {
    task_group& next = *std::exchange(current.later, current.later->delivered_next_);
    next.region_.deliver(next.parent_->cause());
  }
  --current.depth;
}

wait_description task_group::describe() const noexcept {
  wait_description d;
  d.what = "its children";
  d.where = where_;
  d.region = const_cast<cancel_scope*>(&region_);
  return d;
}

line_end task_group::take_leave(task_context& child) noexcept {
  child.close();
  if (!child.has_failed()) return line_end::with_value;
  if (!child.was_cancelled() || !child.cancel_pending()) return line_end::failed;
  if (region_.cancel_pending()) child_cancelled_ = true;  // and not this child alone
  return line_end::cancelled;
}

std::coroutine_handle<> task_group::child_ends(task_context& child) noexcept {
  if (take_leave(child) == line_end::failed) fail(child.peek_failure());
  return one_less();
}

void task_group::fail(std::exception_ptr failure) noexcept {
  region_.cancel("a sibling failed", where_);
  keep(std::move(failure));
}

void task_group::keep(std::exception_ptr failure) noexcept {
  if (!failure_) {
    failure_ = std::move(failure);
    return;
  }
  try {
    if (failure == failure_) return;
    if (!failures_) failures_ = make_owned<std::vector<std::exception_ptr>>(1, failure_);
    if (std::ranges::find(*failures_, failure) == failures_->end()) failures_->push_back(failure);
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
    // No memory to remember one more. Those before it are thrown all the same.
  }
}

void task_group::rethrow_failure() {
  if (parent_ == nullptr) return;  // never opened, for want of children
  parent_->end_wait();
  if (failures_) throw failure_group(std::move(*failures_));
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (child_cancelled_ && parent_->cancel_pending()) parent_->throw_cancelled();
}

namespace detail {

namespace {

/// A call of `start_chain::run` that is on the stack of this thread. Kept per executor, because a
/// child may well run a loop of its own to the end, whose children nobody else would start.
struct starter {
  child_base* next;
  executor* runs_on;
  starter* outer;
};
constinit thread_local starter* innermost = nullptr;

}  // namespace

void start_chain::run() const noexcept {
  if (first_ == nullptr) return;
  executor* const runs_on = &first_->runs_on();
  if (innermost != nullptr && innermost->runs_on == runs_on) {
    last_->started_next_ = innermost->next;
    innermost->next = first_;
    return;
  }
  starter here{first_, runs_on, innermost};
  innermost = &here;
  while (here.next != nullptr) {
    child_base& child = *here.next;
    here.next = child.started_next_;
    child.begins_to_run();
    child.frame_.resume();
  }
  innermost = here.outer;
}

}  // namespace detail
}  // namespace rondo
