// What waits in a loop just now, for who shows it to people.
#include <algorithm>

#include "loop/lending.hpp"
#include "loop/state.hpp"

namespace rondo {

using probe::turn_phase;

loop_queues loop::queues() const noexcept {
  const state& s = *state_;
  loop_queues all;
  const auto count = [&all](turn_phase phase, const job_queue& queue) {
    all.waiting[static_cast<std::size_t>(phase)] += queue.size();
  };
  count(turn_phase::pending, s.pending);
  count(turn_phase::pending, s.pending_batch);
  count(turn_phase::idle_prepare, s.idle_hooks);
  count(turn_phase::idle_prepare, s.prepare_hooks);
  count(turn_phase::poll, s.completed);
  count(turn_phase::poll, s.arrived);
  for (const job_queue* const each :
       {&s.immediates, &s.immediates_batch, &s.after_io, &s.after_io_batch, &s.check_hooks}) {
    count(turn_phase::check, *each);
  }
  count(turn_phase::close, s.closing);
  count(turn_phase::close, s.closing_batch);
  count(turn_phase::next_ticks, s.ticks);
  count(turn_phase::next_ticks, s.ticks_batch);  // what is left of the generation that runs
  count(turn_phase::microtasks, s.microtasks);
  count(turn_phase::microtasks, s.microtasks_batch);
  const state::exclusive hold(*state_);
  all.waiting[static_cast<std::size_t>(turn_phase::timers)] = s.timers.size();
  return all;
}

std::vector<armed_timer> loop::next_timers(std::size_t at_most) const {
  const auto later = [](const armed_timer& a, const armed_timer& b) { return a.due < b.due; };
  std::vector<armed_timer> next;  // a heap, the latest of them on top
  if (at_most == 0) return next;
  next.reserve(at_most + 1);
  {
    const state::exclusive hold(*state_);
    state_->timers.for_each([&](const timer& t, instant due) {
      if (due.is_never() || (next.size() == at_most && due >= next.front().due)) return;
      armed_timer each{"timer of a task", {}, due};
      if (t.run == &state::fire) {
        const auto& n = static_cast<const node&>(t);
        each.kind = n.kind == node_kind::interval ? "interval" : "timeout";
        each.where = n.where;
      }
      next.push_back(each);
      std::ranges::push_heap(next, later);
      if (next.size() <= at_most) return;
      std::ranges::pop_heap(next, later);
      next.pop_back();
    });
  }
  std::ranges::sort_heap(next, later);
  return next;
}

blocking_pool* loop::pool_if_any() const noexcept {
  return state_->options.pool != nullptr ? state_->options.pool : state_->own_pool.get();
}

}  // namespace rondo
