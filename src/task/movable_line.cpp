// A line that goes from thread to thread: taken over, joined, cancelled, ended. Each of these is a
// few instructions under the line's own lock; nothing is called under it but the `wake` of what the
// line waits for, which takes that primitive's lock and no other.
#include <mutex>

#include <rondo/base/assert.hpp>
#include <rondo/task/crew.hpp>

#include "task/movable_line.hpp"

namespace rondo {

void task_context::queue(job* then, queue_end at) noexcept {
  detail::movable_line::of(*this).get_in_line(then, at);
}

void task_context::comes_here() noexcept {
  detail::movable_line::of(*this).comes_to(*executor_->member_of()->mine());
}

void executor::schedule_line(job&, queue_end) noexcept {
  RONDO_ASSERT(false);  // a line that moves, on an executor without a crew
}

namespace detail {

void movable_line::start(parallel_core& scope, std::coroutine_handle<> frame, placement where_to,
                         std::source_location where) noexcept {
  in_ = &scope;
  frame_ = leaf_ = frame;
  run = &resume_here;
  finished_ = &ended;
  moves_ = where_to == placement::moves;
  part_ = &scope.here();
  executor_ = part_->on;
  scope_ = &scope.group_->region();
  where_ = where;
  scope.line_begins(*this, *part_);
  tell(line_event::begins);
  if (moves_) {
    executor_->schedule_line(*this, queue_end::front);
  } else {
    executor_->resume(*this);
  }
}

void movable_line::get_in_line(job* then, queue_end at) noexcept {
  then_ = then;
  tell(line_event::woken);
  executor_->schedule_line(*this, at);
}

void movable_line::comes_to(executor& here) noexcept {
  const std::lock_guard hold(lock_);
  executor_ = &here;
  if (cancel_pending()) return;
  if (ask_.cause) {
    cause_ = ask_.cause;
  } else if (in_->cancel_pending()) {
    cause_ = in_->cause();
  }
}

void movable_line::resume_here(job& j) {
  auto& line = static_cast<movable_line&>(static_cast<spawned&>(j));
  line.comes_to(line.moves() ? *line.in_->crew_->mine() : line.runs_on());
  if (!line.is_waiting()) line.begins_to_run();  // for the first time
  job* const then = std::exchange(line.then_, nullptr);
  if (then != nullptr) {
    then->run(*then);
  } else {
    line.leaf().resume();
  }
}

// Cancelling ----------------------------------------------------------------------------------

void movable_line::cancel_if_here(const executor& here, const cancel_cause& why) noexcept {
  const std::lock_guard hold(lock_);
  if (&here == executor_ && !ended_.load(std::memory_order_relaxed)) cancel(why);
}

void movable_line::ask_to_end(cancel_cause why) noexcept {
  {
    const std::lock_guard hold(lock_);
    if (ended_.load(std::memory_order_relaxed) || ask_.cause) return;
    ask_.cause = std::move(why);
    ask_.line = this;
    ask_.on = executor_;  // whoever takes the line over from here on sees what is asked
    ask_.run = &ask_arrived;
    owners_.fetch_add(1, std::memory_order_relaxed);
  }
  ask_.on->resume(ask_);
}

void movable_line::ask_arrived(job& j) {
  movable_line& line = *static_cast<ask&>(j).line;
  line.cancel_if_here(*line.ask_.on, line.ask_.cause);
  line.release();
}

// Joining and ending ----------------------------------------------------------------------------

bool movable_line::begin_join(joiner& waiting) noexcept {
  const std::lock_guard hold(lock_);
  if (ended_.load(std::memory_order_relaxed)) return false;
  RONDO_ASSERT(joiner_ == nullptr);  // two tasks await one handle
  joiner_ = &waiting;
  return true;
}

bool movable_line::end_join(joiner& waiting) noexcept {
  const std::lock_guard hold(lock_);
  if (joiner_ != &waiting) return false;
  joiner_ = nullptr;
  return true;
}

std::coroutine_handle<> movable_line::ended(task_context& context) noexcept {
  auto& line = of(context);
  parallel_core& scope = *line.in_;
  line_end how = line_end::with_value;
  if (line.has_failed()) {
    how = line.was_cancelled() && line.cancel_pending() ? line_end::cancelled : line_end::failed;
  }
  joiner* waiting = nullptr;
  {
    const std::lock_guard hold(line.lock_);
    line.ended_.store(true, std::memory_order_release);
    waiting = std::exchange(line.joiner_, nullptr);
  }
  // The joiner before the scope hears of it: a failure cancels the joiner through the scope, and a
  // wait that has been granted is not cancelled.
  if (waiting != nullptr) waiting->resume_from_anywhere();
  scope.line_ends(line, *line.part_, how);
  line.release();
  return std::noop_coroutine();
}

void movable_line::release() noexcept {
  if (owners_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  frame_.destroy();
  delete this;
}

}  // namespace detail
}  // namespace rondo
