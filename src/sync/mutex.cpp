// What a line that waits for a mutex says of itself: whom it waits for, so that who looks on can
// see a circle of lines that wait for each other.
#include <rondo/sync/mutex.hpp>

namespace rondo {

void mutex::describe_holder(wait_description& d) noexcept {
  const holding hold(*this);
  // Under the lock none can have unlocked and ended. Afterwards a line of another thread may.
  const task_context* const line = holder();
  if (line != nullptr && line->runs_on().is_mine()) d.task = line;
}

constexpr wait_kind mutex::lock_awaiter::kind_of_lock = {
    .wake = &waiter::wake,
    .describe = &waiter::describe,
    .describe_holder =
        [](const void* self, wait_description& d) noexcept {
          const auto& w = static_cast<const lock_awaiter&>(*static_cast<const waiter*>(self));
          if (d.on != nullptr) w.mutex_->describe_holder(d);
        },
};

}  // namespace rondo
