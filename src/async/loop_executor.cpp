// The executor that a loop offers to tasks: a line of translation each.
#include <new>

#include <rondo/async/loop_executor.hpp>
#include <rondo/task/parallel_scope.hpp>
#include <rondo/watchdog/beat.hpp>

#include "async/line_recorder.hpp"
#include "async/stall_facts.hpp"

namespace rondo {

loop_executor::loop_executor(loop& l, crew* member_of) noexcept
    : executor(&l, l.ready_jobs(), l.jobs_after_io(), l.allowance(), l.beat().line(), member_of),
      loop_(&l) {
  l.beat().set_describe_line(&describe_running_line);
  if (l.track() != nullptr) set_watcher(&line_recorder::shared());
}

void loop_executor::schedule_from_anywhere(job& j) noexcept {
  loop_->post_job(j);
}
instant loop_executor::now() noexcept {
  return loop_->now();
}
void loop_executor::arm(timer& t, instant due) {
  loop_->arm(t, due);
}
bool loop_executor::disarm(timer& t) noexcept {
  return loop_->disarm(t);
}

void loop_executor::begin_ending() noexcept {
  const duration limit = loop_->shutdown_limit();
  if (limit_ == nullptr || limit_->is_armed() || limit == duration::max()) return;
  try {
    loop_->arm(*limit_, loop_->now() + limit);
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
    // No memory for a timer: then there is no limit.
  }
}

void loop_executor::cancelled_too_late() noexcept {
  const bool ending = parallel_root() != nullptr ? parallel_root()->cancel_pending()
                                                 : root() != nullptr && root()->cancel_pending();
  if (ending) begin_ending();
}

}  // namespace rondo
