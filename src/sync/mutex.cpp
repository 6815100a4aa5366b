// What a line that waits for a mutex says of itself: whom it waits for, so that who looks on can
// see a circle of lines that wait for each other.
#include <rondo/sync/mutex.hpp>

namespace rondo {

constexpr wait_kind mutex::lock_awaiter::kind_of_lock = {
    .wake = &waiter::wake,
    .describe =
        [](const void* self) noexcept {
          const auto& w = static_cast<const lock_awaiter&>(*static_cast<const waiter*>(self));
          wait_description d = describe(self);
          const holding hold(*w.mutex_);
          d.task = w.mutex_->holder_;
          return d;
        },
};

}  // namespace rondo
