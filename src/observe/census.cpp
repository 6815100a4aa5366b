// Taking note of what lines do. An event is a few stores into the line's own slot, to which the
// line has the number; and the clock is read where nobody has read it a moment ago.
#include "observe/census.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/task/task.hpp>

namespace rondo::observe {

namespace {

/// Guards which census and which taps are in use, and the lists of them.
constinit std::mutex in_use;
constinit census* all = nullptr;  // every one that was ever made; reachable, so not leaked

/// No two lines of a program share one, whoever counts them.
constinit std::atomic<std::uint64_t> last_id{0};

/// Whom this thread runs: a number, which can't dangle.
constinit thread_local std::uint64_t running_here = 0;

/// How many censuses are in use. Of one alone, whatever number a line has is its own or nobody's.
constinit std::atomic<int> how_many{0};

}  // namespace

// In use and not --------------------------------------------------------------------------------

census& census::take_one(std::size_t most_tasks) {
  const std::lock_guard hold(in_use);
  census* found = all;
  while (found != nullptr &&
         (found->in_use_ || found->attached_.load(std::memory_order_acquire) != 0)) {
    found = found->next_;
  }
  if (found == nullptr) {
    found = new census;
    found->next_ = all;
    all = found;
  }
  found->records_.open(most_tasks);
  found->aside_.open(most_tasks);
  found->locks_.open(most_tasks);
  found->left_out_.store(0, std::memory_order_relaxed);
  found->in_use_ = true;
  how_many.fetch_add(1, std::memory_order_relaxed);
  found->open_.store(true, std::memory_order_release);
  return *found;
}

void census::close() noexcept {
  open_.store(false, std::memory_order_release);
  records_.close();
  aside_.close();
  locks_.close();
  const std::lock_guard hold(in_use);
  in_use_ = false;
  how_many.fetch_sub(1, std::memory_order_relaxed);
}

void census::attach(executor& to, int worker) {
  const std::lock_guard hold(in_use);
  tap* mine = taps_;
  while (mine != nullptr && mine->on != nullptr) mine = mine->next;
  if (mine == nullptr) {
    mine = new tap(*this);
    mine->next = taps_;
    taps_ = mine;
  }
  mine->on = &to;
  mine->worker.store(worker, std::memory_order_relaxed);
  mine->inner.store(to.watcher(), std::memory_order_release);
  attached_.fetch_add(1, std::memory_order_relaxed);
  to.set_watcher(mine);
}

/// Where somebody has attached himself behind us, the tap stays for ever and only passes on.
void census::detach(executor& from) noexcept {
  const std::lock_guard hold(in_use);
  tap* mine = taps_;
  while (mine != nullptr && mine->on != &from) mine = mine->next;
  if (mine == nullptr || from.watcher() != mine) return;
  from.set_watcher(mine->inner.load(std::memory_order_relaxed));
  mine->on = nullptr;
  attached_.fetch_sub(1, std::memory_order_release);
}

void census::forget(const executor& gone) noexcept {
  const std::lock_guard hold(in_use);
  tap* mine = taps_;
  while (mine != nullptr && mine->on != &gone) mine = mine->next;
  if (mine == nullptr) return;
  mine->on = nullptr;
  attached_.fetch_sub(1, std::memory_order_release);
}

// What is told ----------------------------------------------------------------------------------

void census::tap::note(line_event what, const task_context& line) noexcept {
  if (line_watcher* const also = inner.load(std::memory_order_acquire)) also->note(what, line);
  if (!home->open_.load(std::memory_order_relaxed)) return;
  switch (what) {
    case line_event::begins:
      return home->begins(line, *this);
    case line_event::named:
      return home->named(line);
    case line_event::resumed:
      return home->resumed(line, *this);
    case line_event::suspended:
      return home->suspended(line, *this);
    case line_event::waits_on:
      return home->waits_on(line);
    case line_event::yields:
      return home->yields(line);
    case line_event::woken:
      return home->woken(line);
    case line_event::ended:
      return home->ended(line, *this);
  }
}

void census::tap::holds(const void* on_what, const char* what, const task_context* line) noexcept {
  if (line_watcher* const also = inner.load(std::memory_order_acquire)) {
    also->holds(on_what, what, line);
  }
  const task_slot* const holder = line == nullptr ? nullptr : home->find(*line);
  if (holder == nullptr) {
    home->locks_.take_out(on_what, [](const lock_record&) {});
  } else {
    home->locks_.add(on_what, [&](lock_record& r) {
      r.what = what;
      r.holder = holder->id;
      r.changes = holder->count.load(std::memory_order_relaxed);
    });
  }
}

void census::tap::lets_go(const void* on_what) noexcept {
  if (line_watcher* const also = inner.load(std::memory_order_acquire)) also->lets_go(on_what);
  home->locks_.take_out(on_what, [](const lock_record&) {});
}

task_slot* census::find_aside(const task_context& line) noexcept {
  if (aside_.size() == 0) return nullptr;
  std::uint32_t number = 0;
  aside_.change(&line, [&](const aside_record& r) { number = r.number; });
  return number == 0 ? nullptr : records_.of(&line, number);
}

/// A new record, of which its line does not know yet. Null where there is no room for it.
task_slot* census::make_record(const task_context& line, int worker,
                               record_store::cache* near) noexcept {
  task_slot* const slot = records_.take(near);
  if (slot == nullptr) return nullptr;
  const std::uint64_t now = clock_.now();
  const task_slot::change begin(*slot);
  slot->begin(&line, last_id.fetch_add(1, std::memory_order_relaxed) + 1, records_.era());
  slot->spawned_at = line.where();
  slot->born_in = &line.scope();
  slot->has_deadline = !line.scope().deadline().is_never();
  slot->worker = worker;
  slot->born = now;
  slot->since = now;
  slot->set_name(line.name());
  return slot;
}

/// From here on it is found. False where there is no room for that.
bool census::introduce(const task_context& line, task_slot& record,
                       record_store::cache* near) noexcept {
  if (line.watched_as() == 0 || how_many.load(std::memory_order_relaxed) == 1) {
    line.set_watched_as(record.number);
    return true;
  }
  if (aside_.add(&line, [&](aside_record& r) { r.number = record.number; })) return true;
  records_.give_back(record, near);
  return false;
}

task_slot* census::enter(const task_context& line, tap& told) noexcept {
  record_store::cache* const near = told.near(line);
  const int worker = told.worker.load(std::memory_order_relaxed);
  task_slot* const record = make_record(line, worker, near);
  return record != nullptr && introduce(line, *record, near) ? record : nullptr;
}

task_slot* census::find_or_enter(const task_context& line, tap& told) noexcept {
  task_slot* const known = find(line);
  if (known != nullptr) [[likely]]
    return known;
  task_slot* const found = enter(line, told);
  if (found != nullptr) one_less_left_out();
  return found;
}

void census::begins(const task_context& line, tap& told) noexcept {
  if (enter(line, told) == nullptr) left_out_.fetch_add(1, std::memory_order_relaxed);
}

void census::named(const task_context& line) noexcept {
  task_slot* const r = find(line);
  if (r == nullptr) return;
  const task_slot::change now(*r);
  r->set_name(line.name());
}

void census::resumed(const task_context& line, tap& told) noexcept {
  task_slot* const r = find_or_enter(line, told);
  if (r == nullptr) return;
  std::uint64_t now = probe::take_begin_of_call();
  if (now == 0) now = clock_.now();
  const task_slot::change goes_on(*r);
  r->state = task_state::running;
  r->since = now;
  r->worker = told.worker.load(std::memory_order_relaxed);
  r->yields = false;
  r->polls = r->polls + 1;
  r->outer = std::exchange(running_here, r->id);
}

namespace {

/// What a line that is suspended says of itself.
void describe_wait(const task_context& line, const wait_description& what, task_slot& to) noexcept {
  to.waits_for = what.what;
  to.waits_at = what.where;
  to.fd = what.fd;
  to.on = what.on;
  to.region = what.region;
  std::uint32_t frames = 0;
  const task_frame* f = &task_frame::of(line.leaf());
  while (f->continuation() && frames < task_view::most_frames) {
    to.awaited_at[frames++] = f->place();
    f = &task_frame::of(f->continuation());
  }
  to.frames = frames;
}

}  // namespace

void census::suspended(const task_context& line, tap& told) noexcept {
  if (!line.leaf()) return;  // it stands for the lines of a parallel scope, and is none
  if (task_slot* const r = find_or_enter(line, told)) waits(line, *r);
}

void census::waits(const task_context& line, task_slot& r) noexcept {
  const wait_description what = line.waits_for_unlocked();
  const std::uint64_t joined = what.task == nullptr ? 0 : id_of(what.task);
  const std::uint64_t now = clock_.now();
  const task_slot::change waits(r);
  if (r.state == task_state::running) {
    const std::uint64_t ran = now - std::min<std::uint64_t>(r.since, now);
    r.busy = r.busy + ran;
    if (ran > r.longest) r.longest = ran;
  }
  r.state = task_state::waiting;
  r.since = now;
  r.joins = joined;
  r.has_deadline = !line.scope().deadline().is_never();
  describe_wait(line, what, r);
  if (running_here == r.id) running_here = r.outer;
}

/// By who holds the lock of what it waits for now, so that it can't go on meanwhile.
void census::waits_on(const task_context& line) noexcept {
  if (!line.leaf()) return;
  task_slot* const r = find(line);
  if (r == nullptr) return;
  const wait_description what = line.waits_for_unlocked();
  const task_slot::change waits(*r);
  describe_wait(line, what, *r);
}

/// Woken next, by itself, at the time at which it was suspended.
void census::yields(const task_context& line) noexcept {
  task_slot* const r = find(line);
  if (r == nullptr) return;
  const task_slot::change now(*r);
  r->yields = true;
}

void census::woken(const task_context& line) noexcept {
  task_slot* const r = find(line);
  if (r == nullptr) return;
  const bool by_itself = r->yields;
  const std::uint64_t by = by_itself ? r->id : running_here;
  const std::uint64_t now = by_itself ? r->since : clock_.now();
  const task_slot::change wakes(*r);
  r->wakes = r->wakes + 1;
  r->woken_by = by;
  if (by == r->id) r->self_wakes = r->self_wakes + 1;
  if (r->state != task_state::waiting) return;
  r->state = task_state::ready;
  r->since = now;
}

void census::ended(const task_context& line, tap& told) noexcept {
  task_slot* const r = find(line);
  if (r == nullptr) return one_less_left_out();
  if (running_here == r->id) running_here = r->outer;
  if (line.watched_as() != r->number) aside_.take_out(&line, [](const aside_record&) {});
  records_.give_back(*r, told.near(line));
}

/// A line that is found now, or ends, was left out before; or had begun before the census.
void census::one_less_left_out() noexcept {
  std::int64_t were = left_out_.load(std::memory_order_relaxed);
  while (were > 0 && !left_out_.compare_exchange_weak(were, were - 1, std::memory_order_relaxed)) {
  }
}

// What is asked ---------------------------------------------------------------------------------

/// Introduced at the end: who wakes it meanwhile finds no record yet, and so does not write into
/// it.
void census::adopt(const task_context& line, int worker) noexcept {
  if (find(line) != nullptr) return;
  if (line.is_waiting() && !line.leaf()) return;  // it stands for a parallel scope's lines
  task_slot* const record = make_record(line, worker, nullptr);
  if (record == nullptr) return;
  if (line.is_waiting()) waits(line, *record);
  introduce(line, *record, nullptr);
}

void census::is_running(const task_context& line) noexcept {
  task_slot* const r = find(line);
  if (r == nullptr) return;
  const task_slot::change runs(*r);
  r->state = task_state::running;
  r->outer = 0;
  running_here = r->id;
}

std::uint64_t census::id_of(const task_context* line) noexcept {
  if (line == nullptr) return 0;
  const task_slot* const r = find(*line);
  return r == nullptr ? 0 : static_cast<std::uint64_t>(r->id);
}

std::uint64_t census::left_out() const noexcept {
  return static_cast<std::uint64_t>(left_out_.load(std::memory_order_relaxed));
}

}  // namespace rondo::observe
