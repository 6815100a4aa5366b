// The pool as its users see it: submitting, taking back, looking at it, ending it. What the threads
// do is in worker.cpp.
#include <chrono>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/probe/track.hpp>

#include "pool/state.hpp"

namespace rondo {

namespace {

std::size_t index_of(work_kind kind) noexcept {
  return static_cast<std::size_t>(kind);
}

int positive(int limit) noexcept {
  RONDO_ASSERT(limit > 0, limit);
  return limit;
}

}  // namespace

blocking_pool::state::state(const pool_options& chosen) noexcept : options(chosen) {
  limits[index_of(work_kind::other)] = positive(chosen.other);
  limits[index_of(work_kind::files)] = positive(chosen.files);
  limits[index_of(work_kind::names)] = positive(chosen.names);
  limits[index_of(work_kind::cpu)] = chosen.cpu == 0 ? os::processors() : positive(chosen.cpu);
}

blocking_pool::blocking_pool(const pool_options& options) : state_(new state(options)) {}

blocking_pool::~blocking_pool() {
  if (!state_->stopping) static_cast<void>(shutdown(state_->options.shutdown_limit));
  std::unique_lock lock(state_->mutex);
  state_->let_go(lock);
}

// Submitting ----------------------------------------------------------------------------------

/// How many of the queued jobs could begin now, as far as the limits go.
int blocking_pool::state::runnable() const noexcept {
  int sum = 0;
  for (std::size_t kind = 0; kind < work_kinds; ++kind) {
    const work_counts& c = counts.kinds[kind];
    sum += std::min(c.queued, limits[kind] - c.running);
  }
  return sum;
}

void blocking_pool::submit(blocking_job& j) {
  state& s = *state_;
  const std::lock_guard lock(s.mutex);
  if (s.stopping) throw os::make_error(errc::closed, "submit", "a job to a pool that is shut down");
  j.since_ = os::coarse_now();
  if (s.options.recorder != nullptr) {
    if (probe::track* const t = probe::this_thread()) {
      t->record(probe::event_kind::work_queued, &j);
    }
  }
  s.queues[index_of(j.kind)].push_back(j);
  ++s.counts.kinds[index_of(j.kind)].queued;
  if (s.looking > 0 || s.runnable() == 0) return;
  try {
    s.call_somebody();
  } catch (...) {
    j.unlink();
    --s.counts.kinds[index_of(j.kind)].queued;
    throw;
  }
}

/// The thread that went to sleep last: its stack is warm, and those beneath it grow old and end.
void blocking_pool::state::call_somebody() {
  if (idle.empty()) {
    start_thread();
    return;
  }
  worker& w = *idle.back();
  idle.pop_back();
  w.woken = true;
  ++looking;
  w.wake.notify_one();  // under the mutex: without it, `w` might be gone by now
}

bool blocking_pool::cancel(blocking_job& j) noexcept {
  const std::lock_guard lock(state_->mutex);
  if (!j.is_linked()) return false;
  j.unlink();
  --state_->counts.kinds[index_of(j.kind)].queued;
  return true;
}

// Looking -------------------------------------------------------------------------------------

work_report blocking_pool::state::report_of(const worker& w) {
  return {std::string(w.name.view()), w.kind, w.where, w.since, true};
}

work_report blocking_pool::state::report_of(const blocking_job& j) {
  short_name name;
  name.set(j.name);
  return {std::string(name.view()), j.kind, j.where, j.since_, !j.is_linked()};
}

work_report blocking_pool::describe(const blocking_job& j) const {
  const std::lock_guard lock(state_->mutex);
  return state::report_of(j);
}

std::vector<work_report> blocking_pool::snapshot() const {
  state& s = *state_;
  std::vector<work_report> found;
  const std::lock_guard lock(s.mutex);
  s.workers.for_each([&](const worker& w) {
    if (w.busy) found.push_back(state::report_of(w));
  });
  std::ranges::sort(found, {}, &work_report::since);
  for (auto& queue : s.queues) {
    queue.for_each([&](const blocking_job& j) { found.push_back(state::report_of(j)); });
  }
  return found;
}

pool_counts blocking_pool::counts() const noexcept {
  const std::lock_guard lock(state_->mutex);
  pool_counts now = state_->counts;
  now.idle_threads = static_cast<int>(state_->idle.size());
  return now;
}

// Ending --------------------------------------------------------------------------------------

std::vector<work_report> blocking_pool::shutdown(duration limit) {
  state& s = *state_;
  std::unique_lock lock(s.mutex);
  RONDO_ASSERT(!s.stopping);
  s.stopping = true;
  while (!s.idle.empty()) s.call_somebody();
  s.drop_queued(lock);
  s.await_threads(lock, limit);

  std::vector<work_report> hung;
  s.workers.for_each([&](worker& w) {
    hung.push_back(state::report_of(w));
    w.unlink();
    w.thread.detach();
    w.detached = true;
  });
  std::ranges::sort(hung, {}, &work_report::since);
  worker* const last = std::exchange(s.ended, nullptr);
  lock.unlock();
  if (last != nullptr) {
    last->thread.join();
    delete last;
  }
  return hung;
}

/// One by one, so that at any instant a job is either still here to be cancelled, or told.
void blocking_pool::state::drop_queued(std::unique_lock<std::mutex>& lock) noexcept {
  for (std::size_t kind = 0; kind < work_kinds; ++kind) {
    while (blocking_job* const j = queues[kind].pop_front()) {
      --counts.kinds[kind].queued;
      lock.unlock();
      j->ended(false);
      lock.lock();
    }
  }
}

bool blocking_pool::state::only_busy_threads() noexcept {
  bool only = true;
  workers.for_each([&](const worker& w) { only = only && w.busy; });
  return only;
}

/// Until all have left, or until the limit has passed and those that remain are in the middle of a
/// job: others end at once by themselves.
void blocking_pool::state::await_threads(std::unique_lock<std::mutex>& lock,
                                         duration limit) noexcept {
  constexpr duration an_hour = duration::seconds(3600);  // of a limit without end: no overflow
  const instant deadline = real_clock().now() + limit;
  while (!workers.empty()) {
    const duration left = deadline - real_clock().now();
    if (!only_busy_threads()) {
      changed.wait(lock);
    } else if (left > duration()) {
      changed.wait_for(lock, std::chrono::nanoseconds(std::min(left, an_hour).count_ns()));
    } else {
      return;
    }
  }
}

// Words ---------------------------------------------------------------------------------------

const char* to_string(work_kind kind) noexcept {
  switch (kind) {
    case work_kind::other:
      return "other";
    case work_kind::files:
      return "files";
    case work_kind::names:
      return "names";
    case work_kind::cpu:
      return "cpu";
  }
  return "unknown";
}

std::string to_string(const work_report& job) {
  std::string text(to_string(job.kind));
  text += " job";
  if (!job.name.empty()) text.append(" '").append(job.name).append("'");
  if (job.where.line() != 0) {
    text.append(" (").append(job.where.file_name()).append(":");
    text.append(std::to_string(job.where.line())).append(")");
  }
  const std::int64_t ms = (real_clock().now() - job.since).count_ns() / 1'000'000;
  text.append(job.running ? ", running for " : ", queued for ");
  return text.append(std::to_string(ms)).append(" ms");
}

std::string to_string(const std::vector<work_report>& jobs) {
  std::string text;
  for (const work_report& each : jobs) {
    if (!text.empty()) text += "; ";
    text += to_string(each);
  }
  return text;
}

}  // namespace rondo
