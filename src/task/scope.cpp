// The life of a spawned task: queued, run, ended, and then kept for its handle or not at all.
#include <rondo/base/error.hpp>
#include <rondo/task/scope.hpp>

namespace rondo::detail {

void spawned::start(task_group& group, std::coroutine_handle<> frame,
                    std::source_location where) noexcept {
  RONDO_ASSERT(group.has_begun());  // spawned into a scope that has been left
  group_ = &group;
  frame_ = frame;
  finished_ = &spawned::ended;
  run = [](job& j) { static_cast<spawned&>(j).frame_.resume(); };
  open(group.parent().runs_on(), group.region(), where);
  group.child_begins();
  runs_on().schedule(*this);
}

std::coroutine_handle<> spawned::ended(task_context& context) noexcept {
  auto& self = static_cast<spawned&>(context);
  // The joiner first: a failure cancels it through the scope, and what has ended is not cancelled.
  task_group& group = *std::exchange(self.group_, nullptr);
  joiner* const waiting = std::exchange(self.joiner_, nullptr);
  executor& runs_on = self.runs_on();
  const bool was_last = group.children() == 1;
  const std::coroutine_handle<> next = group.child_ends(self);
  if (!self.has_handle_) self.destroy();
  if (waiting == nullptr) return next;
  if (!was_last) return waiting->waiting;
  runs_on.schedule(*waiting);  // from outside of the scope, whose end comes first
  return next;
}

void spawned::drop_handle() noexcept {
  has_handle_ = false;
  if (has_ended()) destroy();
}

void spawned::rethrow_to(const task_context& joiner) const {
  if (!has_failed()) return;
  if (was_cancelled() && !joiner.cancel_pending()) {
    throw error(errc::cancelled, "join: the task was cancelled before it had a result");
  }
  std::rethrow_exception(peek_failure());
}

void spawned::destroy() noexcept {
  frame_.destroy();
  delete this;
}

}  // namespace rondo::detail
