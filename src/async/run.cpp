// The bridge from an ordinary function into the world of tasks, and back.
#include <exception>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/base/assert.hpp>
#include <rondo/base/error.hpp>

namespace rondo::detail {

main_line::main_line(loop& l, loop_executor* given, std::source_location where) noexcept
    : own_(l), executor_(given != nullptr ? *given : own_) {
  open(executor_, root_, where);
  limit_.run = &main_line::give_up;
  limit_.line = this;
  executor_.set_limit(limit_);
  finished_ = [](task_context& self) noexcept -> std::coroutine_handle<> {
    auto& line = static_cast<main_line&>(self);
    line.ended_ = true;
    loop_of(line).stop();
    return std::noop_coroutine();
  };
}

void main_line::run_to_end(std::coroutine_handle<> first) {
  loop& l = loop_of(*this);
  start_.first = first;
  start_.line = this;
  start_.run = [](job& j) {
    auto& start = static_cast<starter&>(j);
    start.line->tell(line_event::begins);  // not before: now there is a thread that records it
    start.line->begins_to_run();
    start.first.resume();
  };
  l.schedule(start_);
  std::exception_ptr from_callback;
  bool deadlock = false;
  while (!ended_ && !is_stuck()) {
    try {
      l.run();
      if (ended_ || is_stuck()) break;
      if (l.is_alive()) continue;  // somebody called stop(): main goes on
      RONDO_ASSERT(
          !root_.cancel_called());  // cancelled, and still waits: an await that can't be cancelled
      deadlock = true;
    } catch (...) {
      if (!from_callback) from_callback = std::current_exception();
    }
    root_.cancel();
    if (l.has_work()) executor_.begin_ending();
  }
  l.disarm(limit_);
  if (is_stuck()) throw_stuck(from_callback ? from_callback : executor_.root()->first_failure());
  close();
  if (from_callback) std::rethrow_exception(from_callback);
  if (deadlock) {
    throw error(errc::deadlock,
                "run: the task waits, and nothing is left that could wake it: no timer, no "
                "operation, no hold (see loop::hold for events from other threads)");
  }
  if (has_failed()) rethrow_failure();
}

void main_line::main_has_ended() noexcept {
  if (loop_of(*this).has_work()) executor_.begin_ending();
}

/// The limit has passed. Where the work that was cancelled has ended meanwhile, its task goes on;
/// whatever it meets next has the limit anew.
void main_line::give_up(job& j) {
  main_line& line = *static_cast<limit&>(j).line;
  loop& l = loop_of(line);
  line.give_up_on(l.abandon_cancelled_work());
  if (!line.is_stuck() && l.has_work()) line.executor_.begin_ending();
}

void main_line::give_up_on(std::vector<work_report> hung) {
  for (work_report& each : hung) hung_.push_back(std::move(each));
  if (is_stuck()) loop_of(*this).stop();
}

void main_line::throw_stuck(const std::exception_ptr& failure) const {
  const error stuck(errc::timed_out,
                    "run: cancelled, but work on other threads has not ended within the limit of " +
                        std::to_string(loop_of(*this).shutdown_limit().count_seconds()) +
                        " s, so the tasks that wait for it were left behind: " + to_string(hung_));
  if (!failure) throw error(stuck);
  try {
    std::rethrow_exception(failure);
  } catch (...) {
    std::throw_with_nested(stuck);
  }
}

}  // namespace rondo::detail
