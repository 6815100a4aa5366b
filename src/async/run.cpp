// The bridge from an ordinary function into the world of tasks, and back.
#include <exception>

#include <rondo/async/run.hpp>
#include <rondo/base/assert.hpp>
#include <rondo/base/error.hpp>

namespace rondo::detail {

main_line::main_line(loop& l, std::source_location where) noexcept : executor_(l) {
  open(executor_, root_, where);
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
  start_.run = [](job& j) { static_cast<starter&>(j).first.resume(); };
  l.schedule(start_);
  std::exception_ptr from_callback;
  bool deadlock = false;
  while (!ended_) {
    try {
      l.run();
      if (ended_) break;
      if (l.is_alive()) continue;  // somebody called stop(): main goes on
      RONDO_ASSERT(
          !root_.cancel_called());  // cancelled, and still waits: an await that can't be cancelled
      deadlock = true;
    } catch (...) {
      if (!from_callback) from_callback = std::current_exception();
    }
    root_.cancel();
  }
  close();
  if (from_callback) std::rethrow_exception(from_callback);
  if (deadlock) {
    throw error(errc::deadlock,
                "run: the task waits, and nothing is left that could wake it: no timer, no "
                "operation, no hold (see loop::hold for events from other threads)");
  }
  if (has_failed()) rethrow_failure();
}

}  // namespace rondo::detail
