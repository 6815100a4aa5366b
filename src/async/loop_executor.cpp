// The executor that a loop offers to tasks: a line of translation each.
#include <rondo/async/loop_executor.hpp>

namespace rondo {

void loop_executor::schedule_from_anywhere(job& j) noexcept {
  loop_->post_job(j);
}
instant loop_executor::now() noexcept {
  return loop_->now();
}
void loop_executor::arm(timer& t, instant due) {
  loop_->arm(t, due);
}
void loop_executor::disarm(timer& t) noexcept {
  loop_->disarm(t);
}

}  // namespace rondo
