// The life of a spawned task: queued, run, ended, and then kept for its handle or not at all.
#include <rondo/base/error.hpp>
#include <rondo/task/scope.hpp>

#include "task/movable_line.hpp"

namespace rondo::detail {

void spawned::start(task_group& group, std::coroutine_handle<> frame,
                    std::source_location where) noexcept {
  RONDO_ASSERT(group.has_begun());  // spawned into a scope that has been left
  group_ = &group;
  frame_ = frame;
  finished_ = &spawned::ended;
  run = [](job& j) {
    auto& line = static_cast<spawned&>(j);
    line.begins_to_run();
    line.frame_.resume();
  };
  group.parent().check_thread();
  open(group.parent().runs_on(), group.region(), where);
  tell(line_event::begins);
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
  if (!was_last) return waiting->waiting();
  runs_on.schedule(*waiting);  // from outside of the scope, whose end comes first
  return next;
}

bool spawned::has_ended() const noexcept {
  if (is_shared_) [[unlikely]]
    return movable_line::of(*this).has_ended();
  return group_ == nullptr;
}

bool spawned::begin_join(joiner& waiting) noexcept {
  if (is_shared_) [[unlikely]]
    return movable_line::of(*this).begin_join(waiting);
  if (group_ == nullptr) return false;
  RONDO_ASSERT(joiner_ == nullptr);  // two tasks await one handle
  joiner_ = &waiting;
  return true;
}

bool spawned::end_join(joiner& waiting) noexcept {
  if (is_shared_) [[unlikely]]
    return movable_line::of(*this).end_join(waiting);
  if (joiner_ != &waiting) return false;
  joiner_ = nullptr;
  return true;
}

void spawned::cancel_alone(label reason, std::source_location where) noexcept {
  if (is_shared_) [[unlikely]]
    return movable_line::of(*this).ask_to_end(cancel_cause(std::move(reason), where));
  if (group_ != nullptr) cancel(cancel_cause(std::move(reason), where));
}

void spawned::drop_handle() noexcept {
  if (is_shared_) [[unlikely]]
    return movable_line::of(*this).release();
  has_handle_ = false;
  if (group_ == nullptr) destroy();
}

void spawned::rethrow_to(const task_context& joiner) const {
  if (!has_failed()) return;
  if (was_cancelled() && !joiner.cancel_pending()) {
    throw error(errc::cancelled, "join: the task was cancelled before it had a result");
  }
  std::rethrow_exception(peek_failure());
}

bool joiner::begin(task_context& joining, std::coroutine_handle<> waiting,
                   std::source_location where) noexcept {
  RONDO_ASSERT(static_cast<task_context*>(task_) != &joining);  // a task that awaits itself
  belongs_to(joining);
  if (task_->has_ended()) return false;
  if (joining.cancel_pending()) {
    cancelled_ = true;
    return false;
  }
  where_ = where;
  suspend(joining, kind, this, waiting);
  return task_->begin_join(*this);
}

void joiner::cancel() noexcept {
  if (!task_->end_join(*this)) return;  // it has ended meanwhile: we are queued already
  cancelled_ = true;
  schedule();
}

void joiner::end() {
  context().end_wait();
  if (cancelled_) context().throw_cancelled();
  task_->rethrow_to(context());
}

constexpr wait_kind joiner::kind = {
    .wake = [](void* self, const cancel_cause&) noexcept { static_cast<joiner*>(self)->cancel(); },
    .describe =
        [](const void* self) noexcept {
          const auto& j = *static_cast<const joiner*>(self);
          wait_description d;
          d.what = "the end of a task";
          d.where = j.where_;
          d.on = j.task_;
          d.task = j.task_;
          return d;
        },
};

void spawned::destroy() noexcept {
  frame_.destroy();
  delete this;
}

}  // namespace rondo::detail
