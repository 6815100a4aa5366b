// Sleeping: a timer in the sleeper's own frame.
#include <rondo/async/sleep.hpp>

namespace rondo {

constexpr wait_kind sleep_awaiter::kind = {
    .wake = [](void* self,
               const cancel_cause&) noexcept { static_cast<sleep_awaiter*>(self)->cancel(); },
    .describe =
        [](const void* self) noexcept {
          wait_description d;
          d.what = "sleep";
          d.where = static_cast<const sleep_awaiter*>(self)->where_;
          return d;
        },
};

bool sleep_awaiter::begin(task_context& context, std::coroutine_handle<> sleeper) {
  context_ = &context;
  if (context.cancel_pending()) {
    cancelled_ = true;
    return false;
  }
  // First: once it is armed, and the line moves, another thread may find it due and resume it.
  context.begin_wait(kind, this, sleeper);
  may_be_lent = context.moves();
  executor& runs_on = context.runs_on();
  try {
    runs_on.arm(*this, relative_ ? runs_on.now() + delay_ : due_);
  } catch (...) {
    context.end_wait();
    throw;
  }
  return true;
}

void sleep_awaiter::cancel() noexcept {
  if (!context_->runs_on().disarm(*this)) return;  // it is over already, and queued
  cancelled_ = true;
  if (context_->moves()) {
    context_->queue(nullptr, queue_end::back);
  } else {
    context_->runs_on().schedule(*this);
  }
}

void sleep_awaiter::resume(job& j) {
  static_cast<sleep_awaiter&>(j).context_->go_on();
}

}  // namespace rondo
