// The life of a spawned task: queued, run, ended, and then kept for its handle or not at all.
#include <rondo/task/scope.hpp>

namespace rondo::detail {

void spawned::start(task_group& group, std::coroutine_handle<> frame,
                    std::source_location where) noexcept {
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
  const std::coroutine_handle<> next = self.group_->child_ends(self);
  self.group_ = nullptr;
  if (self.joiner_ != nullptr) self.runs_on().schedule(*std::exchange(self.joiner_, nullptr));
  if (!self.has_handle_) self.destroy();
  return next;
}

void spawned::drop_handle() noexcept {
  has_handle_ = false;
  if (has_ended()) destroy();
}

void spawned::destroy() noexcept {
  frame_.destroy();
  delete this;
}

}  // namespace rondo::detail
