// A timer that looks at the clock when it is called.
#include <rondo/base/assert.hpp>
#include <rondo/loop/loop_delay.hpp>

namespace rondo {

loop_delay::loop_delay(loop& of, duration resolution) : loop_(&of), resolution_(resolution) {
  RONDO_ASSERT(resolution >= duration::milliseconds(1), resolution.count_ns());
}

bool loop_delay::enable() {
  if (loop_->is_active(timer_)) return false;
  wait_until(loop_->time().now() + resolution_);
  return true;
}

bool loop_delay::disable() noexcept {
  if (!loop_->is_active(timer_)) return false;
  loop_->clear(timer_);
  return true;
}

/// Anew from the call, and not from when it was due: a stall is one value, and not one for each
/// call that it made impossible.
void loop_delay::wait_until(instant due) {
  due_ = due;
  timer_ = loop_->call_at(due, [this] {
    const instant now = loop_->time().now();
    delays_.record(now - due_);
    wait_until(now + resolution_);
  });
  loop_->unref(timer_);
}

}  // namespace rondo
