// Between tasks and promises. A cancelled waiter leaves and the promise goes on; a waiter whose
// turn has been queued already keeps what it was granted.
#include <string>

#include <rondo/async/loop_executor.hpp>
#include <rondo/async/promise_of.hpp>
#include <rondo/base/assert.hpp>
#include <rondo/base/error.hpp>

namespace rondo::detail {

constexpr wait_kind promise_waiter::kind = {
    .wake = [](void* self,
               const cancel_cause&) noexcept { static_cast<promise_waiter*>(self)->cancel(); },
    .describe =
        [](const void* self) noexcept {
          const auto& waiter = *static_cast<const promise_waiter*>(self);
          wait_description d;
          d.what = "promise";
          d.where = waiter.where_;
          d.on = waiter.promise_;
          return d;
        },
};

bool promise_waiter::begin(task_context& line, std::coroutine_handle<> waiting,
                           std::source_location where) noexcept {
  belongs_to(line);
  if (line.cancel_pending()) {
    cancelled_ = true;
    return false;
  }
  RONDO_ASSERT(promise_->realm().home() == &loop_of(line));  // a promise of another loop
  where_ = where;
  suspend(line, kind, this, waiting);
  at_ = promise_->is_pending() ? stage::waits : stage::granted;
  promise_->subscribe(*this);
  return true;
}

void promise_waiter::react() {
  source_->release();
  source_ = nullptr;
  at_ = stage::over;
  executor& runs_on = context().runs_on();
  if (runs_on.spend()) {
    context().leaf().resume();
  } else {
    runs_on.schedule_after_io(static_cast<leaf&>(*this));  // the others first
  }
}

void promise_waiter::cancel() noexcept {
  if (at_ != stage::waits || !promise_->is_pending()) return;
  promise_->unsubscribe(*this);
  at_ = stage::over;
  cancelled_ = true;
  // Where it is, also where the line moves: a promise belongs to its loop.
  context().runs_on().schedule(static_cast<leaf&>(*this));
}

promise_core& promise_waiter::end() {
  context().end_wait();
  if (cancelled_) context().throw_cancelled();
  if (promise_->state() == promise_core::status::rejected) {
    std::rethrow_exception(promise_->reason());
  }
  return *promise_;
}

std::exception_ptr cancelled_promise(const cancelled& why) noexcept {
  try {
    std::string text = "promise: its task was cancelled";
    if (!why.reason().empty()) text.append(": ").append(why.reason());
    throw error(errc::cancelled, text);
  } catch (...) {
    return std::current_exception();
  }
}

/// The frame may also go while it waits, where the loop and the program end.
promise_waiter::~promise_waiter() {
  if (at_ != stage::over) {
    if (promise_->is_pending()) {
      promise_->unsubscribe(*this);
    } else {
      promise_->realm().dequeue(*this);
      promise_->release();
    }
  }
  promise_->release();
}

}  // namespace rondo::detail
