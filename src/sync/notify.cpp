// Notifying, and what becomes of a notification whose receiver is to end.
#include <rondo/sync/notify.hpp>

namespace rondo {

void notify::notify_one() noexcept {
  waiter* first = nullptr;
  {
    const holding hold(*this);
    first = pop();
    if (first == nullptr) {
      kept_ = true;
    } else {
      static_cast<wait_awaiter&>(*first).mine_alone_ = true;
    }
  }
  if (first != nullptr) first->resume_from_anywhere();
}

void notify::notify_all() noexcept {
  granted all;
  {
    const holding hold(*this);
    rounds_.fetch_add(1, std::memory_order_release);
    pop_all(all);
  }
  all.resume_all();
}

bool notify::wait_awaiter::take_what_came() noexcept {
  if (notify_->rounds_.load(std::memory_order_relaxed) != rounds_seen_) return true;
  if (!notify_->kept_) return false;
  notify_->kept_ = false;
  return mine_alone_ = true;
}

void notify::wait_awaiter::pass_on() const {
  notify_->notify_one();
  line().throw_cancelled();
}

}  // namespace rondo
