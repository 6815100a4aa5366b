// Cancellation as a level that flows down a tree: from a scope to the lines of execution in it, and
// from a line that waits for a group to the scope of that group. Delivering never resumes anybody:
// each waiting leaf is told, and queues itself with the truth about its operation.
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/task/task_context.hpp>

namespace rondo {

cancel_scope::~cancel_scope() {
  RONDO_ASSERT(tasks_.empty());  // a scope is left only after all within it
}

void cancel_scope::open_in(const task_context& parent) noexcept {
  cause_ = parent.cause();
  deadline_ = parent.scope().deadline_;
}

void cancel_scope::cancel(label reason, std::source_location where) noexcept {
  if (cause_) {
    called_ = true;
  } else {
    cancel_by(cancel_cause(std::move(reason), where));
  }
}

void cancel_scope::cancel_by(const cancel_cause& cause) noexcept {
  called_ = true;
  if (cause_) return;
  cause_ = cause;
  tasks_.for_each([this](task_context& task) { task.cancel(cause_); });
}

void cancel_scope::deliver(const cancel_cause& cause) noexcept {
  if (shielded_ || cause_) return;
  cause_ = cause;
  tasks_.for_each([this](task_context& task) { task.cancel(cause_); });
}

}  // namespace rondo
