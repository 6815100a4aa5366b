// The bookkeeping of a parent that waits for its children: who is left, what failed first.
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
    if (child.was_cancelled()) {
      child_cancelled_ = true;
    } else {
      if (!failure_) failure_ = child.peek_failure();
      region_.cancel();
    }
  }
  if (--children_ > 0) return std::noop_coroutine();
  return continuation_;
}

void task_group::rethrow_failure() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (child_cancelled_ && parent_->cancel_pending()) throw cancelled();
}

}  // namespace rondo
