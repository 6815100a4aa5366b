// Joining a question that is under way, leaving it, and being told the answer.
#include "dns/flight.hpp"

#include <rondo/async/loop_executor.hpp>

#include "dns/core.hpp"

namespace rondo::dns::detail {

constexpr wait_kind reply_awaiter::kind = {.wake = &reply_awaiter::wake,
                                           .describe = &waiter::describe};

bool reply_awaiter::begin(task_context& line, std::coroutine_handle<> waiting) {
  if (is_cancelled_already(line)) return false;
  core& c = *core_;
  RONDO_ASSERT(&loop_of(line) == &c.home());  // a resolver is for tasks on its own loop's thread
  const std::string key = c.key_of(what_, name_);
  answer_ = c.find_answer(key);
  if (answer_ != nullptr) return !goes_on(line, waiting, where_);
  if (flight* const f = c.find_flight(key)) {
    f->join(*this, line, waiting);
    return true;
  }
  flight& f = c.make_flight(what_, key, name_);
  f.join(*this, line, waiting);
  f.launch();  // and now the task may have gone on elsewhere
  return true;
}

/// On the line's thread, which while it waits here is the resolver's.
void reply_awaiter::wake(void* self, const cancel_cause&) noexcept {
  auto& w = static_cast<reply_awaiter&>(*static_cast<waiter*>(self));
  flight* const left = w.flight_;
  if (!w.leave()) return;
  w.schedule();
  left->one_has_left();
}

void flight::join(reply_awaiter& w, task_context& line, std::coroutine_handle<> waiting) noexcept {
  w.flight_ = this;
  const std::source_location where = w.where_;
  {
    const holding hold(*this);
    w.enqueue(*this, line, waiting, where, reply_awaiter::kind);
  }
  if (++waiting_ > 1) return;
  core_->flight_is_wanted(where);
  somebody_waits();
}

void flight::one_has_left() noexcept {
  if (--waiting_ > 0) return;
  core_->flight_is_unwanted();
  nobody_waits();
}

void flight::land(const reply_ptr& answer) noexcept {
  granted all;
  {
    const holding hold(*this);
    pop_all(all);
  }
  if (std::exchange(waiting_, 0) > 0) core_->flight_is_unwanted();
  while (waiter* const w = all.pop()) {
    static_cast<reply_awaiter*>(w)->answer_ = answer;
    w->resume_from_anywhere();
  }
}

}  // namespace rondo::dns::detail
