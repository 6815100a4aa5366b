// A loop that other threads may use: what its own thread does otherwise then, and what they do. All
// of it is behind a question that a loop of one thread answers with no.
#include "loop/lending.hpp"

#include <utility>

#include <rondo/base/thread_token.hpp>

namespace rondo {

void loop::state::exclusive::enter() noexcept {
  lending_state& with = *of_->lending;
  if (with.mutex.try_lock()) return;
  with.wanted.fetch_add(1, std::memory_order_seq_cst);
  // It may be asleep in there; like `post_job`, one write for all who come.
  if (of_->sleeping.exchange(false, std::memory_order_seq_cst)) of_->backend->wake();
  with.mutex.lock();
  with.wanted.fetch_sub(1, std::memory_order_relaxed);
  with.wanted.notify_one();
}

/// Going round instead until they have come in would take the mutex again before they are
/// scheduled, and burn the processor that they need.
void loop::state::lending_state::let_others_in() noexcept {
  for (int present = 0; (present = wanted.load(std::memory_order_relaxed)) > 0;) {
    wanted.wait(present, std::memory_order_relaxed);
  }
}

// The loop's own thread ------------------------------------------------------------------------

/// As `call_timers`, but each is taken out under the mutex, and called without it.
void loop::state::call_shared_timers() {
  from = nullptr;
  std::uint64_t generation = 0;
  {
    const exclusive hold(*this);
    if (timers.next_due() > now) return;
    generation = timers.next_generation();
  }
  while (!failure) {
    timer* t = nullptr;
    {
      const exclusive hold(*this);
      t = timers.pop_due(now, generation);
    }
    if (t == nullptr) break;
    call_and_drain(*t);
  }
  drain_queues();
}

instant loop::state::next_due() const noexcept {
  const exclusive hold(const_cast<state&>(*this));
  return timers.next_due();
}

/// What may be lent only gets in line by its `run`, and comes first: so that the rest of a turn, in
/// which a callback may take long, does not hold it up.
void loop::state::poll_shared(duration timeout) {
  lending_state& with = *lending;
  job_queue lent, others;
  if (timeout > duration()) with.let_others_in();
  {
    const std::lock_guard hold(with.mutex);
    with.home.store(this_thread_token(), std::memory_order_relaxed);
    if (timeout > duration()) {
      beat.falls_asleep();
      sleeping.store(true, std::memory_order_seq_cst);
      const bool wanted = with.wanted.load(std::memory_order_seq_cst) > 0;
      const bool must_look = wanted || !posted.empty() || !with.left.empty();
      wait(must_look ? duration() : timeout);
      sleeping.store(false, std::memory_order_relaxed);
      beat.wakes_up();
    } else {
      wait(duration());
    }
    completed.append(with.left);
    while (job* const j = completed.pop()) {
      auto& o = static_cast<io::op&>(*j);
      o.at = io::op::stage::idle;
      (o.may_be_lent ? lent : others).push(o);
    }
  }
  update_time();
  completed.append(lent);
  completed.append(others);
  from = &completed;
  while (!failure) {
    job* const j = completed.pop();
    if (j == nullptr) break;
    completing = j;
    call_and_drain(*j);
  }
  yielded = false;
  take_posts();
  call_all(arrived);
  drain_queues();
}

// Any thread -------------------------------------------------------------------------------------

bool loop::state::start_shared(io::op& o) noexcept {
  const exclusive hold(*this);
  const bool mine = lending->home.load(std::memory_order_relaxed) == this_thread_token();
  o.since = mine ? now : options.time->now();
  const io::submission how = backend->submit(o);
  if (watched) watch_start(o, how);
  return how == io::submission::done;
}

void loop::state::arm(timer& t, instant due) {
  if (!lending) return timers.arm(t, due);
  const exclusive hold(*this);
  // Not into the past, as in loop::arm; `now` is the own thread's.
  const bool mine = lending->home.load(std::memory_order_relaxed) == this_thread_token();
  const instant least = mine ? now : due;
  timers.arm(t, due < least ? least : due);
}

bool loop::state::disarm(timer& t) noexcept {
  const exclusive hold(*this);
  return timers.disarm(t);
}

void loop::lend(job_queue& timers, job_queue& operations) noexcept {
  state& s = *state_;
  state::lending_state& with = *s.lending;
  const std::unique_lock hold(with.mutex, std::try_to_lock);
  if (!hold) return;
  const instant now = s.options.time->now();
  if (s.timers.next_due() <= now) {
    job_queue due;
    s.timers.for_each([&](const timer& t, instant when) {
      if (t.may_be_lent && when <= now) due.push(const_cast<timer&>(t));
    });
    while (job* const j = due.pop()) {
      s.timers.disarm(static_cast<timer&>(*j));
      timers.push(*j);
    }
  }
  job_queue ended;
  if (s.backend->wait(duration(), ended) < 0) return;  // its own thread will be told
  while (job* const j = ended.pop()) {
    auto& o = static_cast<io::op&>(*j);
    if (o.may_be_lent) {
      o.at = io::op::stage::idle;
      operations.push(o);
    } else {
      with.left.push(o);
    }
  }
}

}  // namespace rondo
