// The event loop, on one page: `turn` names the six phases in their order, and below it stands each
// of them. What runs between two callbacks (next ticks, microtasks) is in queues.cpp.
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/probe/track.hpp>

#include "loop/state.hpp"

namespace rondo {

bool loop::run(run_mode mode) {
  state& s = *state_;
  RONDO_ASSERT(!s.running);  // run() inside a callback of the same loop
  s.running = true;
  const probe::on_this_thread recording(s.track);
  const watchdog::beat::running watched_over(s.beat);
  s.calls_before = s.beat.count();
  s.allowance = s.options.task_allowance;
  s.update_time();
  if (s.watched) s.run_begins_watched();
  s.drain_queues();  // the program that led here counts as the first callback
  while (!s.failure && !s.stopping && s.is_alive()) {
    s.turn(mode);
    if (mode != run_mode::until_done) break;
  }
  s.running = false;
  s.stopping = false;
  if (s.failure) std::rethrow_exception(std::exchange(s.failure, nullptr));
  return s.is_alive();
}

/// What each turn passes is inlined into it, so that a turn saves its registers once; what it
/// passes seldom (a due timer, hooks, a batch) is a call behind a question.
[[gnu::always_inline]] inline void loop::state::turn(run_mode mode) {
  update_time();
  run_timers();   // 1. timers
  run_pending();  // 2. pending callbacks
  // What a single turn would wait for may have happened by now.
  if (mode == run_mode::once && beat.count() != calls_before) mode = run_mode::nowait;
  run_hooks(idle_hooks);  // 3. idle, prepare
  run_hooks(prepare_hooks);
  poll(poll_timeout(mode));  // 4. poll
  run_immediates();          // 5. check
  run_hooks(check_hooks);
  run_closing();                             // 6. close callbacks
  if (mode == run_mode::once) run_timers();  // what the wait was for must not need a second turn
}

void loop::state::call_timers() {
  from = nullptr;
  // Timers armed by these callbacks belong to the next turn, also where they are due at once.
  const std::uint64_t generation = timers.next_generation();
  while (!failure && timers.next_due() <= now) {
    timer* const t = timers.pop_due(now, generation);
    if (t == nullptr) break;
    if (t->run != &state::fire) --holding;  // a timer of a room above; nodes count for themselves
    call_and_drain(*t);
  }
  drain_queues();
}

inline void loop::state::run_pending() {
  pending_batch.append(pending);
  call_all(pending_batch);
}

void loop::state::call_hooks(job_queue& hooks) {
  from = &hooks;
  job_queue round, kept;  // hooks added by these calls wait for the next turn
  round.append(hooks);
  while (job* const j = round.pop()) {
    auto& n = static_cast<node&>(*j);
    if (n.cleared) {
      release(n);
      continue;
    }
    kept.push(n);
    if (!failure) call_and_drain(n);
  }
  kept.append(hooks);
  hooks.append(kept);
  drain_queues();
}

[[gnu::always_inline]] inline void loop::state::poll(duration timeout) {
  if (failure) return;
  if (lending) [[unlikely]]
    return poll_shared(timeout);
  // Simulated time stands still while the pool works for somebody: how long that takes is real, and
  // must not decide which timer is first.
  const bool stands_still = !works.empty() && options.time->jumps();
  if (stands_still && timeout > duration()) timeout = duration::max();
  if (!stands_still && options.time->jumps() && !timers.next_due().is_never()) {
    // Simulated time: serve what is ready now, and otherwise jump to the next timer.
    wait(duration());
    const bool idle = completed.empty() && posted.empty() && timeout > duration();
    if (idle) options.time->jump_to(timers.next_due());
  } else if (timeout > duration()) {
    beat.falls_asleep();
    sleeping.store(true, std::memory_order_seq_cst);
    wait(posted.empty() ? timeout : duration());
    sleeping.store(false, std::memory_order_relaxed);
    beat.wakes_up();
  } else {
    wait(duration());
  }
  update_time();
  from = &completed;
  while (!failure) {
    job* const j = completed.pop();
    if (j == nullptr) break;
    auto& o = static_cast<io::op&>(*j);
    if (o.counted) {
      o.counted = false;
      --operations;
    }
    o.at = io::op::stage::idle;
    completing = &o;
    call_and_drain(o);
  }
  yielded = false;  // I/O has been served
  take_posts();
  call_all(arrived);
  drain_queues();
}

void loop::state::wait(duration timeout) noexcept {
  const int outcome = watched ? wait_watched(timeout) : backend->wait(timeout, completed);
  if (outcome < 0) [[unlikely]]
    wait_failed(outcome);
}

[[gnu::cold, gnu::noinline]] void loop::state::wait_failed(int outcome) noexcept {
  failure = std::make_exception_ptr(os::make_error(outcome, backend->name(), "wait"));
}

inline void loop::state::run_immediates() {
  immediates_batch.append(immediates);
  after_io_batch.append(after_io);  // what the immediates schedule waits for the next poll
  call_all(immediates_batch);
  call_all(after_io_batch);
}

inline void loop::state::run_closing() {
  closing_batch.append(closing);
  call_all(closing_batch);
}

[[gnu::always_inline]] inline duration loop::state::poll_timeout(run_mode mode) const noexcept {
  const bool something_waits =
      !pending.empty() || !after_io.empty() || !after_io_batch.empty() || !immediates.empty() ||
      !immediates_batch.empty() || !closing.empty() || !closing_batch.empty() || !ticks.empty() ||
      !microtasks.empty() || !completed.empty() || !arrived.empty() || idle_active > 0;
  if (mode == run_mode::nowait || stopping || something_waits || !is_alive()) return duration();
  const instant due = lending ? next_due() : timers.next_due();
  if (due.is_never()) return duration::max();
  // The cached time won't do where callbacks may have taken long since it was read.
  const instant really = time_is_new ? now : options.time->now();
  return due <= really ? duration() : due - really;
}

inline bool loop::state::is_alive() const noexcept {
  if (holding > 0 || operations > 0) [[likely]]
    return true;
  return !pending.empty() || !pending_batch.empty() || !after_io.empty() ||
         !after_io_batch.empty() || !closing.empty() || !closing_batch.empty() || !ticks.empty() ||
         !microtasks.empty() || !completed.empty() || !arrived.empty() || !posted.empty() ||
         backend->closing() > 0;
}

void loop::stop() noexcept {
  state_->stopping = true;
}
bool loop::is_running() const noexcept {
  return state_->running;
}
bool loop::is_asleep() const noexcept {
  return state_->sleeping.load(std::memory_order_relaxed);
}
bool loop::is_alive() const noexcept {
  return state_->is_alive();
}
instant loop::now() const noexcept {
  return state_->now;
}
clock& loop::time() const noexcept {
  return *state_->options.time;
}
void loop::update_time() noexcept {
  state_->update_time();
}

}  // namespace rondo
