// The bookkeeping of a parent that waits for its children: who is left, and what failed.
#include <algorithm>
#include <new>

#include <rondo/task/task_group.hpp>

namespace rondo {

void task_group::open(task_context& parent, std::coroutine_handle<> resumed_at_the_end) noexcept {
  parent_ = &parent;
  continuation_ = resumed_at_the_end;
  region_.nest_in(parent.scope());
}

std::coroutine_handle<> task_group::child_ends(task_context& child) noexcept {
  child.close();
  if (child.has_failed()) {
    if (child.was_cancelled() && region_.cancel_pending()) {
      child_cancelled_ = true;
    } else {
      fail(child.peek_failure());
    }
  }
  if (--children_ > 0 || parent_runs_) return std::noop_coroutine();
  return continuation_;
}

void task_group::fail(std::exception_ptr failure) noexcept {
  region_.cancel();
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
  if (failures_) throw failure_group(std::move(*failures_));
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (child_cancelled_ && parent_->cancel_pending()) throw cancelled();
}

}  // namespace rondo
