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
  executor& runs_on = context.runs_on();
  runs_on.arm(*this, relative_ ? runs_on.now() + delay_ : due_);
  context.begin_wait(kind, this, sleeper);
  return true;
}

void sleep_awaiter::cancel() noexcept {
  if (!is_armed()) return;  // it is over already, and queued
  cancelled_ = true;
  context_->runs_on().disarm(*this);
  context_->runs_on().schedule(*this);
}

void sleep_awaiter::resume(job& j) {
  static_cast<sleep_awaiter&>(j).context_->leaf().resume();
}

}  // namespace rondo
