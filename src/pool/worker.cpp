// The life of a thread of the pool: started for a job, looking for the next, sleeping, and gone
// after a while without work.
#include <chrono>
#include <new>
#include <string>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/base/owned.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/os/errors.hpp>

#include "pool/state.hpp"

namespace rondo {

/// Without a thread at all a failure is the submitter's; with some, theirs is the work.
void blocking_pool::state::start_thread() {
  idle.reserve(static_cast<std::size_t>(counts.threads) + 1);  // so that going to sleep can't fail
  auto w = make_owned<worker>(*this);
  const std::string name = "rondo pool " + std::to_string(started + 1);
  const int failed = w->thread.start(&state::thread_body, w.get(),
                                     os::thread_options(name.c_str(), options.stack_bytes));
  if (failed < 0) {
    ++counts.failed_starts;
    if (counts.threads > 0) return;
    const error why = os::make_error(failed, "start a thread for", "blocking work");
    throw error(errc::out_of_memory,
                std::string(why.what()) +
                    "; is there a limit of threads (`ulimit -u`, pids.max), or no memory for one?",
                why.native());
  }
  ++started;
  ++holders;
  ++looking;
  ++counts.threads;
  counts.most_threads = std::max(counts.most_threads, counts.threads);
  workers.push_back(*w.release());
}

void* blocking_pool::state::thread_body(void* argument) noexcept {
  auto& me = *static_cast<worker*>(argument);
  if (me.home->options.recorder != nullptr) me.track = me.home->options.recorder->open("pool");
  const probe::on_this_thread recording(me.track);
  me.home->serve(me);
  return nullptr;
}

/// One locking a job: it is closed with taking the next, and told to its owner behind that. So the
/// counts are right when the owner learns of it, and the pool does not touch it any more.
void blocking_pool::state::serve(worker& me) noexcept {
  std::unique_lock lock(mutex);
  blocking_job* done = nullptr;
  for (;;) {
    blocking_job* const next = take(me);
    if (next == nullptr && done == nullptr) {
      if (park(me, lock)) continue;
      break;
    }
    const bool help_is_needed = looking == 0 && runnable() > 0;
    lock.unlock();
    if (done != nullptr) done->ended(true);
    if (help_is_needed) call_for_help(lock);
    if (next != nullptr) {
      record_begin(me, *next);
      next->perform();
    }
    lock.lock();
    if (next != nullptr) leave(me);
    done = next;
  }
  retire(me, lock);
}

/// Before the job is performed, which is how long its name lives.
void blocking_pool::state::record_begin(const worker& me, const blocking_job& j) noexcept {
  if (me.track == nullptr) return;
  const char* const name = j.name.empty() ? to_string(j.kind) : me.track->home().keep(j.name);
  me.track->record(probe::event_kind::work_begins, &j, probe::to_number(name));
}

/// There is more than this thread has taken, and nobody else on the way to it.
void blocking_pool::state::call_for_help(std::unique_lock<std::mutex>& lock) noexcept {
  lock.lock();
  if (looking == 0 && runnable() > 0) {
    try {
      call_somebody();
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
      // No memory for another thread: those that there are do the work.
    }
  }
  lock.unlock();
}

/// Takes the next job whose kind is below its limit.
blocking_job* blocking_pool::state::take(worker& me) noexcept {
  for (std::size_t i = 0; i < work_kinds; ++i) {
    const std::size_t kind = (next_kind + i) % work_kinds;
    work_counts& c = counts.kinds[kind];
    if (c.queued == 0 || c.running >= limits[kind]) continue;
    blocking_job* const j = queues[kind].pop_front();
    --c.queued;
    ++c.running;
    c.most_running = std::max(c.most_running, c.running);
    next_kind = (kind + 1) % work_kinds;
    --looking;
    me.busy = true;
    me.kind = j->kind;
    me.name.set(j->name);
    me.where = j->where;
    j->since_ = me.since = os::coarse_now();
    return j;
  }
  return nullptr;
}

void blocking_pool::state::leave(worker& me) noexcept {
  // A thread that was let go while it hung may have outlived the recorder.
  if (me.track != nullptr && !me.detached) me.track->record(probe::event_kind::work_ends);
  work_counts& c = counts.kinds[static_cast<std::size_t>(me.kind)];
  --c.running;
  ++c.completed;
  me.busy = false;
  ++looking;
  if (stopping) changed.notify_all();
}

/// Sleeps until there is work: true. False where the thread is to end, for lack of it or because
/// the pool does.
bool blocking_pool::state::park(worker& me, std::unique_lock<std::mutex>& lock) noexcept {
  --looking;
  if (stopping) return false;
  me.woken = false;
  idle.push_back(&me);
  constexpr duration a_century = duration::seconds(100LL * 366 * 24 * 3600);  // can be added
  const auto until = std::chrono::steady_clock::now() +
                     std::chrono::nanoseconds(std::min(options.keep_alive, a_century).count_ns());
  while (!me.woken) {
    if (me.wake.wait_until(lock, until) == std::cv_status::no_timeout || me.woken) continue;
    std::erase(idle, &me);
    return false;
  }
  return true;
}

/// A thread that ends joins the one that ended before it, so that at most one is left to be joined
/// by the pool's end.
void blocking_pool::state::retire(worker& me, std::unique_lock<std::mutex>& lock) noexcept {
  --counts.threads;
  worker* before = nullptr;
  if (me.track != nullptr && !me.detached) options.recorder->close(*me.track);
  if (me.detached) {
    before = &me;
  } else {
    me.unlink();
    before = std::exchange(ended, &me);
  }
  if (stopping) changed.notify_all();
  const bool alone = me.detached;
  let_go(lock);  // from here on this may be gone, and `me` too unless it is alone
  if (before == nullptr) return;
  if (!alone) before->thread.join();
  delete before;
}

void blocking_pool::state::let_go(std::unique_lock<std::mutex>& lock) noexcept {
  const bool was_last = --holders == 0;
  lock.unlock();
  if (was_last) delete this;
}

}  // namespace rondo
