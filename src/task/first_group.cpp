// What happens when a child ends, in groups whose first failure is not the end of the others. What
// a child that lost threw is kept: thrown where nothing better came, found in the result otherwise.
#include <rondo/task/first_group.hpp>

namespace rondo::detail {

void first_group::decide(child_base& child) noexcept {
  if (first_ != nullptr) return;
  first_ = &child;
  region().cancel("another one was first", where());
}

void first_group::rethrow_unless_value() {
  if (first_ != nullptr && first_->how_it_ended() == line_end::with_value) return;
  rethrow_failure();
  parent().throw_cancelled();
}

std::coroutine_handle<> first_end_group::ended(task_context& self) noexcept {
  auto& child = static_cast<child_base&>(self);
  auto& group = static_cast<first_end_group&>(child.group());
  const line_end how = group.take_leave(child);
  child.note_end(how);
  if (how == line_end::failed) group.keep(child.peek_failure());
  if (how != line_end::cancelled) group.decide(child);
  return group.one_less();
}

std::coroutine_handle<> first_value_group::ended(task_context& self) noexcept {
  auto& child = static_cast<child_base&>(self);
  auto& group = static_cast<first_value_group&>(child.group());
  const line_end how = group.take_leave(child);
  child.note_end(how);
  if (how == line_end::failed) group.keep(child.peek_failure());
  if (how == line_end::with_value) group.decide(child);
  return group.one_less();
}

std::coroutine_handle<> every_end_group::ended(task_context& self) noexcept {
  auto& child = static_cast<child_base&>(self);
  task_group& group = child.group();
  child.note_end(group.take_leave(child));
  return group.one_less();
}

}  // namespace rondo::detail
