// A deadline is a timer that cancels a scope; the rest is telling apart who asked for the end.
#include <string>

#include <rondo/async/timeout.hpp>
#include <rondo/base/error.hpp>

namespace rondo::detail {

void timeout_base::begin(task_context& parent, std::coroutine_handle<> waiting) {
  executor& runs_on = parent.runs_on();
  runs_on.arm(*this, runs_on.now() + limit_);  // first, since it may throw
  group_.open(parent, waiting);
}

void timeout_base::expire(job& j) {
  static_cast<timeout_base&>(j).group_.region().cancel();
}

void timeout_base::end() {
  group_.parent().runs_on().disarm(*this);
  group_.rethrow_failure();
  if (!group_.was_cancelled()) return;
  throw error(errc::timed_out, "with_timeout: nothing came within the limit of " +
                                   std::to_string(limit_.count_seconds()) + " s");
}

}  // namespace rondo::detail
