// A deadline is a timer that cancels a scope; the rest is telling apart who asked for the end.
#include <string>

#include <rondo/async/timeout.hpp>
#include <rondo/base/error.hpp>

namespace rondo::detail {

void deadline_base::begin(task_context& parent, std::coroutine_handle<> waiting) {
  executor& runs_on = parent.runs_on();
  if (relative_) due_ = runs_on.now() + limit_;
  // Where an outer deadline comes first, its own timer will do.
  if (due_ < parent.scope().deadline()) runs_on.arm(*this, due_);  // first, since it may throw
  group_.open(parent, waiting, where_);
  group_.region().shrink_deadline(due_);
}

void deadline_base::expire(job& j) {
  auto& self = static_cast<deadline_base&>(static_cast<timer&>(j));
  self.group_.region().cancel("the time is over", self.where_);
}

bool deadline_base::end() {
  group_.parent().runs_on().disarm(*this);
  group_.rethrow_failure();
  return group_.was_cancelled();
}

void deadline_base::throw_timed_out() const {
  std::string text = relative_ ? "with_timeout: nothing came within the limit of " +
                                     std::to_string(limit_.count_seconds()) + " s"
                               : std::string("with_deadline: nothing came before the deadline");
  throw error(errc::timed_out, text);
}

}  // namespace rondo::detail
