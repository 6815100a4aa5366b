// Cancellation as a level that flows down a tree of scopes. Delivering never resumes anybody: each
// waiting leaf is told, and queues itself with the truth about its operation.
#include <cxxabi.h>

#include <typeinfo>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/task/cancel_scope.hpp>

namespace rondo {

void cancel_scope::nest_in(cancel_scope& parent) noexcept {
  pending_ = parent.pending_;
  parent.inner_.push_back(*this);
}

cancel_scope::~cancel_scope() {
  RONDO_ASSERT(inner_.empty());  // a scope is left only after all within it
  RONDO_ASSERT(tasks_.empty());
  unlink();
}

void cancel_scope::cancel() noexcept {
  called_ = true;
  if (!pending_) deliver();
}

void cancel_scope::deliver() noexcept {
  pending_ = true;
  tasks_.for_each([](task_context& task) {
    if (task.wake_ != nullptr) task.wake_(task.waiter_);
  });
  inner_.for_each([](cancel_scope& scope) {
    if (!scope.pending_) scope.deliver();
  });
}

void task_context::open(executor& runs_here, cancel_scope& scope,
                        std::source_location where) noexcept {
  executor_ = &runs_here;
  scope_ = &scope;
  where_ = where;
  scope.tasks_.push_back(*this);
}

void task_context::capture_failure() noexcept {
  failure_ = std::current_exception();
  // The type of the exception in flight, without the price of throwing it once more to look at it.
  const std::type_info* const type = abi::__cxa_current_exception_type();
  failure_is_cancel_ = type != nullptr && *type == typeid(cancelled);
}

std::exception_ptr task_context::take_failure() noexcept {
  failure_is_cancel_ = false;
  return std::exchange(failure_, nullptr);
}

void task_context::rethrow_failure() {
  std::rethrow_exception(take_failure());
}

}  // namespace rondo
