// A line of execution: begun, cancelled, and the failure that travels up in it.
#include <cxxabi.h>

#include <typeinfo>
#include <utility>

#include <rondo/task/task_context.hpp>

namespace rondo {

void task_context::open(executor& runs_here, cancel_scope& scope,
                        std::source_location where) noexcept {
  executor_ = &runs_here;
  scope_ = &scope;
  where_ = where;
  if (scope.cancel_pending()) cause_ = scope.cause();
  scope.tasks_.push_back(*this);
}

/// Some waits are over before the line was suspended, and some ends are told twice.
void task_context::tell_of_resumption() const noexcept {
  if (is_waiting()) tell(line_event::resumed);
}

void task_context::cancel(const cancel_cause& cause) noexcept {
  check_thread();
  if (!cause_) cause_ = cause;
  if (wait_ != nullptr) wait_->wake(waiter_, cause_);
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
