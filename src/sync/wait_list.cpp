// Leaving a list because of a cancel. A grant and a cancel may race from two threads; the list's
// lock decides, and whoever took the waiter out of the list resumes it.
#include <rondo/sync/wait_list.hpp>

namespace rondo {

bool waiter::let_others_run(task_context& line, std::coroutine_handle<> waiting,
                            std::source_location where) noexcept {
  where_ = where;
  suspend(line, kind_of_turn, this, waiting);
  schedule_after_others();
  return true;
}

bool waiter::leave() noexcept {
  wait_list* const list = list_.load(std::memory_order_acquire);
  if (list == nullptr) return false;
  wait_list::granted others;
  {
    const wait_list::holding hold(list->first());
    if (list_.load(std::memory_order_relaxed) == nullptr) return false;  // granted meanwhile
    list_.store(nullptr, std::memory_order_relaxed);
    list_hook<waiter>::unlink();
    cancelled_ = true;
    if (list->after_cancel_ != nullptr) list->after_cancel_(*list, others);
  }
  others.resume_all();
  return true;
}

void waiter::wake(void* self, const cancel_cause&) noexcept {
  auto& w = *static_cast<waiter*>(self);
  if (w.leave()) w.schedule();
}

wait_description waiter::describe(const void* self) noexcept {
  const auto& w = *static_cast<const waiter*>(self);
  wait_description d;
  d.what = w.what_;
  d.where = w.where_;
  wait_list* const list = w.list_.load(std::memory_order_relaxed);
  if (list != nullptr) d.on = &list->first();
  return d;
}

constexpr wait_kind waiter::kind = {.wake = &waiter::wake, .describe = &waiter::describe};

// It has what it asked for already: a cancel is the next await's.
constexpr wait_kind waiter::kind_of_turn = {
    .wake = [](void*, const cancel_cause&) noexcept {},
    .describe =
        [](const void* self) noexcept {
          wait_description d;
          d.what = "its next turn";
          d.where = static_cast<const waiter*>(self)->where_;
          return d;
        },
};

}  // namespace rondo
