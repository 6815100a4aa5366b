// A waiter's way: from the condition's list into the mutex's, and only from there back to running.
// The first step may be a cancel instead of a notification; the second can't be cancelled.
#include <rondo/sync/condition.hpp>

namespace rondo {

void condition::wait_awaiter::begin(task_context& line, std::coroutine_handle<> waiting,
                                    std::source_location where) noexcept {
  mutex& m = *guard_->mutex_;
  has_guard_ = m.holder() == &line;
  {
    const holding hold(*condition_);
    enqueue(*condition_, line, waiting, where, kind_of_wait);
  }
  // A notification may have come by now. Then the line is queued for the mutex, and gets it here.
  m.unlock();
}

void condition::wait_awaiter::begin_again() noexcept {
  mutex& m = *guard_->mutex_;
  mine_alone_ = false;
  {
    const holding hold(*condition_);
    enqueue_again(*condition_, true);
  }
  m.unlock();
}

/// The line waits for nothing but the mutex now.
void condition::wait_awaiter::relock() noexcept {
  mutex& m = *guard_->mutex_;
  {
    const mutex::holding hold(m);
    if (m.held_) {
      enqueue_again(m, false);
      line().tell(line_event::waits_on);
      return;
    }
    m.take(&line());
  }
  resume_from_anywhere();
}

void condition::wait_awaiter::end() const {
  if (!has_guard_) guard_->mutex_->held_by_somebody();
  end_wait();
  if (!is_to_pass_on()) [[likely]]
    return;
  condition_->notify_one();
  line().throw_cancelled();
}

constexpr wait_kind condition::wait_awaiter::kind_of_wait = {
    .wake =
        [](void* self, const cancel_cause&) noexcept {
          auto& w = static_cast<wait_awaiter&>(*static_cast<waiter*>(self));
          if (w.leave()) w.relock();
        },
    .describe =
        [](const void* self) noexcept {
          const auto& w = static_cast<const wait_awaiter&>(*static_cast<const waiter*>(self));
          wait_description d = describe(self);
          if (d.on == nullptr) {
            d.what = "lock of a mutex";
            d.on = w.guard_->mutex_->name();
          }
          return d;
        },
    .describe_holder =
        [](const void* self, wait_description& d) noexcept {
          const auto& w = static_cast<const wait_awaiter&>(*static_cast<const waiter*>(self));
          mutex& m = *w.guard_->mutex_;
          if (d.on == m.name()) m.describe_holder(d);
        },
};

void condition::notify_one() noexcept {
  waiter* first = nullptr;
  {
    const holding hold(*this);
    first = pop();
  }
  if (first == nullptr) return;
  auto& w = static_cast<wait_awaiter&>(*first);
  w.mine_alone_ = true;
  w.relock();
}

void condition::notify_all() noexcept {
  granted all;
  {
    const holding hold(*this);
    pop_all(all);
  }
  while (waiter* const w = all.pop()) static_cast<wait_awaiter&>(*w).relock();
}

}  // namespace rondo
