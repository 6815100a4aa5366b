// When a slice is over, and how often to ask the clock about it.
#include <algorithm>

#include <rondo/async/slice.hpp>

namespace rondo {

constexpr wait_kind slice::awaiter::kind = {
    .wake = [](void*, const cancel_cause&) noexcept {},  // it is queued already
    .describe =
        [](const void* self) noexcept {
          wait_description d;
          d.what = "its next slice";
          d.where = static_cast<const awaiter*>(self)->where_;
          return d;
        },
};

/// The clock is to be asked about eight times a slice. Twice as seldom, where the rounds since the
/// last time took far less than that; and at once as often as it takes, where they took longer.
bool slice::is_over() noexcept {
  const instant now = time_->now();
  const duration spent = now - asked_;
  const duration aim = length_ / 8;
  if (spent > aim) {
    const std::int64_t fewer = every_ * aim.count_ns() / spent.count_ns();
    every_ = static_cast<int>(std::max<std::int64_t>(fewer, 1));
  } else if (spent < aim / 2) {
    every_ = std::min(2 * every_, rounds_unasked);
  }
  asked_ = now;
  unasked_ = every_;
  return now - begun_ >= length_;
}

bool slice::awaiter::look(task_context& line, std::coroutine_handle<> waiting) noexcept {
  looked_ = true;
  belongs_to(line);
  slice_->line_ = &line;
  if (line.cancel_pending() || !slice_->is_over()) return false;
  suspended_ = true;
  suspend(line, kind, this, waiting);
  schedule_after_others();
  return true;
}

void slice::awaiter::go_on() {
  if (suspended_) {
    context().end_wait();
    slice_->begun_ = slice_->asked_ = slice_->time_->now();
  }
  if (context().cancel_pending()) context().throw_cancelled();
}

}  // namespace rondo
