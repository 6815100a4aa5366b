// Calling jobs, and what happens between two of them: next ticks first, then microtasks, until both
// are empty, then whoever waits for just that. An exception is caught here and nowhere else, so no
// phase can be torn apart by one.
#include <new>
#include <utility>

#include "loop/state.hpp"

namespace rondo {

void loop::state::call_plainly(job& j) noexcept {
  beat.call_begins(j);
  time_is_new = false;
  try {
    j.run(j);
  } catch (...) {
    caught();
  }
}

void loop::state::caught() noexcept {
  take_uncaught(std::current_exception());
}

bool loop::state::take_uncaught(std::exception_ptr thrown) noexcept {
  if (uncaught_hook) {
    try {
      uncaught_hook(thrown);
      return true;
    } catch (...) {
      thrown = std::current_exception();
    }
  }
  failure = std::move(thrown);
  return false;
}

/// A phase: all of a batch, and what stays of it after a failure waits for the next run.
void loop::state::call_batch(job_queue& batch) noexcept {
  from = &batch;
  while (!failure) {
    job* const j = batch.pop();
    if (j == nullptr) break;
    call_and_drain(*j);
  }
  drain_queues();
}

void loop::state::drain_all() noexcept {
  const job_queue* const before = from;
  drain_until_empty();
  from = before;
}

/// As Node does it: both queues; then, in place of its `processPromiseRejections`, whoever waits
/// for that; and again from the start where anybody did.
void loop::state::drain_until_empty() noexcept {
  drain_both();
  while (!when_drained.empty()) {
    if (failure || yielded) return drain_again_for_the_rest();
    drain_generation(when_drained, when_drained_batch);
    drain_both();
  }
}

/// A failure or the limit has ended the draining before their turn.
void loop::state::drain_again_for_the_rest() noexcept {
  if (microtasks.empty()) microtasks.push(drain_mark);
}

/// All ticks with the ticks they queue; then all microtasks with those they queue; and again from
/// the start where a microtask has queued a tick.
void loop::state::drain_both() noexcept {
  std::uint32_t depth = 0;
  while (!failure && !yielded && !(ticks.empty() && microtasks.empty())) {
    while (!ticks.empty() && !failure) {
      drain_generation(ticks, ticks_batch);
      if (reached_tick_limit(++depth)) return;
    }
    while (!microtasks.empty() && !failure) {
      drain_generation(microtasks, microtasks_batch);
      if (reached_tick_limit(++depth)) return;
    }
  }
}

/// Calls what is queued now; what these calls queue is the next generation.
void loop::state::drain_generation(job_queue& queue, job_queue& batch) noexcept {
  batch.append(queue);
  from = &queue;
  while (job* const j = batch.pop()) {
    call(*j);
    if (!failure) continue;
    batch.append(queue);  // what is left stays first in line, for the next run
    queue.append(batch);
    return;
  }
}

/// Reports each time that the depth is a multiple of the limit. True where what is left in the
/// queues shall wait until I/O was served: see poll.
bool loop::state::reached_tick_limit(std::uint32_t depth) noexcept {
  const std::uint32_t limit = options.tick_depth_limit;
  if (limit == 0 || depth % limit != 0 || (ticks.empty() && microtasks.empty())) return false;
  if (starvation_hook) {
    try {
      starvation_hook(depth);
    } catch (...) {
      caught();
    }
  }
  yielded = options.yield_at_tick_limit;
  return yielded;
}

job& loop::state::callable_job(callback& f) {
  return callables.make(&state::run_callable, std::move(f), this);
}

/// The callback is called where it lies, and its place is given back also after an exception.
void loop::state::run_callable(job& j) {
  class call_scope {
   public:
    explicit call_scope(callable& called) noexcept : c_(called) {}
    call_scope(const call_scope&) = delete;
    ~call_scope() { c_.owner->callables.unmake(c_); }

   private:
    callable& c_;
  };
  auto& c = static_cast<callable&>(j);
  const call_scope scope(c);
  c.f();
}

void loop::state::run_posted(job& j) {
  const owned<callable> c(static_cast<callable*>(&j));
  c->f();
}

/// Destroys a job without calling it, where it is ours or that of a room that keeps a companion.
void loop::state::discard(job& j) noexcept {
  if (j.run == &state::run_callable) {
    auto& c = static_cast<callable&>(j);
    c.owner->callables.unmake(c);
  } else if (j.run == &state::run_posted) {
    delete static_cast<callable*>(&j);
  } else if (j.run == &state::work_arrived) {
    static_cast<loop_work&>(j).forsaken();
  } else {
    for (loop_companion* c = companions; c != nullptr && !c->discard(j);) c = c->next_;
  }
}

void loop::next_tick(callback f) {
  state_->ticks.push(state_->callable_job(f));
}
void loop::queue_microtask(callback f) {
  state_->microtasks.push(state_->callable_job(f));
}
void loop::call_soon(callback f) {
  state_->pending.push(state_->callable_job(f));
}
void loop::call_on_close(callback f) {
  state_->closing.push(state_->callable_job(f));
}

job_queue& loop::ready_jobs() noexcept {
  return state_->microtasks;
}
job_queue& loop::jobs_after_io() noexcept {
  return state_->after_io;
}
int& loop::allowance() noexcept {
  return state_->allowance;
}
void loop::schedule_close(job& j) noexcept {
  state_->closing.push(j);
}

void loop::schedule_when_drained(job& j) noexcept {
  state& s = *state_;
  const bool first = s.when_drained.empty();
  s.when_drained.push(j);
  if (first && s.ticks.empty() && s.microtasks.empty()) s.microtasks.push(s.drain_mark);
}

void loop::post(callback f) {
  // From the heap and not from the slab: this is another thread.
  post_job(*new callable(&state::run_posted, std::move(f), nullptr));
}

void loop::post_job(job& j) noexcept {
  state& s = *state_;
  if (s.options.recorder != nullptr) [[unlikely]] {
    if (probe::track* const t = probe::this_thread()) t->record(probe::event_kind::posted, &j);
  }
  if (!s.posted.push(j)) return;  // whoever made it non-empty wakes the loop
  if (s.sleeping.exchange(false, std::memory_order_seq_cst)) s.backend->wake();
  s.wakers_gone.fetch_add(1, std::memory_order_release);  // the last touch: the loop may be gone
}

void loop::on_uncaught(unique_function<void(std::exception_ptr)> hook) {
  state_->uncaught_hook = std::move(hook);
}
bool loop::report_uncaught(std::exception_ptr thrown) noexcept {
  return state_->take_uncaught(std::move(thrown));
}
void loop::on_starvation(unique_function<void(std::uint32_t depth)> hook) {
  state_->starvation_hook = std::move(hook);
}

}  // namespace rondo
