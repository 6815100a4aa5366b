// Waiting for a version after the one that was seen.
#include <rondo/sync/watch.hpp>

namespace rondo::detail {

void watch_core::close() noexcept {
  wait_list::granted viewers;
  {
    const wait_list::holding hold(changes_);
    closed_ = true;
    changes_.pop_all(viewers);
  }
  viewers.resume_all();
}

bool watch_core::is_closed() const noexcept {
  const wait_list::holding hold(changes_);
  return closed_;
}

std::uint64_t watch_core::version() const noexcept {
  const wait_list::holding hold(changes_);
  return version_;
}

bool watch_core::look(std::uint64_t& seen) const noexcept {
  const wait_list::holding hold(changes_);
  return std::exchange(seen, version_) != version_;
}

bool watch_core::change_awaiter::begin(task_context& line, std::coroutine_handle<> waiting,
                                       std::source_location where) noexcept {
  if (is_cancelled_already(line)) return false;
  {
    const wait_list::holding hold(watched_->changes_);
    if (watched_->version_ == *seen_ && !watched_->closed_) {
      enqueue(watched_->changes_, line, waiting, where);
      return true;
    }
  }
  return !goes_on(line, waiting, where);
}

}  // namespace rondo::detail
