// Who tries, who waits, and who is next where an attempt has failed.
#include <rondo/sync/once.hpp>

namespace rondo {

once::attempt::next once::attempt::begin(task_context& line, std::coroutine_handle<> waiting,
                                         std::source_location where) noexcept {
  if (is_cancelled_already(line)) return next::go_on;
  if (!once_->is_done()) {
    const holding hold(*once_);
    const state now = once_->state_.load(std::memory_order_relaxed);
    if (now == state::untouched) {
      once_->state_.store(state::running, std::memory_order_relaxed);
      once_->runner_ = &line;
      tries_ = true;
      return next::try_it;
    }
    if (now == state::running) {
      RONDO_ASSERT(once_->runner_ != &line);  // it would wait for itself
      enqueue(*once_, line, waiting, where);
      return next::wait;
    }
  }
  return goes_on(line, waiting, where) ? next::go_on : next::wait;
}

void once::attempt::succeeded() noexcept {
  granted all;
  {
    const holding hold(*once_);
    once_->state_.store(state::done, std::memory_order_release);
    once_->runner_ = nullptr;
    once_->pop_all(all);
  }
  all.resume_all();
}

void once::attempt::failed() noexcept {
  waiter* heir = nullptr;
  {
    const holding hold(*once_);
    heir = once_->pop();
    if (heir == nullptr) {
      once_->state_.store(state::untouched, std::memory_order_relaxed);
      once_->runner_ = nullptr;
    } else {
      static_cast<attempt&>(*heir).tries_ = true;
      once_->runner_ = &heir->line();
    }
  }
  if (heir != nullptr) heir->resume_from_anywhere();
}

}  // namespace rondo
