// Getting in line, and leaving it because of a cancel. A grant and a cancel may race from two
// threads; the list's lock decides, and whoever took the waiter out of the list resumes it.
#include <mutex>

#include <rondo/sync/wait_list.hpp>

namespace rondo {

void waiter::enqueue(wait_list& list, task_context& line, std::coroutine_handle<> waiting,
                     std::source_location where) noexcept {
  list_ = &list;
  where_ = where;
  suspend(line, kind, this, waiting);
  list.waiting_.push_back(*this);
}

bool waiter::let_others_run(task_context& line, std::coroutine_handle<> waiting,
                            std::source_location where) noexcept {
  where_ = where;
  suspend(line, kind_of_turn, this, waiting);
  line.runs_on().schedule_after_io(*this);
  return true;
}

void waiter::cancel() noexcept {
  wait_list::granted others;
  {
    const std::lock_guard hold(list_->lock_);
    if (!list_hook<waiter>::is_linked()) return;  // granted meanwhile, and about to be resumed
    list_hook<waiter>::unlink();
    cancelled_ = true;
    if (list_->after_cancel_ != nullptr) list_->after_cancel_(*list_, others);
  }
  others.resume_all();
  schedule();
}

namespace {

wait_description description(const char* what, std::source_location where, const void* on) {
  wait_description d;
  d.what = what;
  d.where = where;
  d.on = on;
  return d;
}

}  // namespace

constexpr wait_kind waiter::kind = {
    .wake = [](void* self, const cancel_cause&) noexcept { static_cast<waiter*>(self)->cancel(); },
    .describe =
        [](const void* self) noexcept {
          const auto& w = *static_cast<const waiter*>(self);
          return description(w.what_, w.where_, w.list_);
        },
};

// It has what it asked for already: a cancel is the next await's.
constexpr wait_kind waiter::kind_of_turn = {
    .wake = [](void*, const cancel_cause&) noexcept {},
    .describe =
        [](const void* self) noexcept {
          return description("its next turn", static_cast<const waiter*>(self)->where_, nullptr);
        },
};

}  // namespace rondo
