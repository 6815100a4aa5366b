// Taking note of what lines do. Each event is one look-up under one short lock; all that has to be
// asked of the line (what it waits for, the frames that await each other) is asked before, on the
// line's own thread, where none of it can change.
#include "observe/census.hpp"

#include <algorithm>
#include <cstring>
#include <mutex>

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

void copy_name(task_record& to, const char* name) noexcept {
  std::strncpy(to.name, name, sizeof to.name - 1);  // the last byte stays 0
}

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
  found->tasks_.open(most_tasks);
  found->locks_.open(most_tasks);
  found->left_out_.store(0, std::memory_order_relaxed);
  found->in_use_ = true;
  found->open_.store(true, std::memory_order_release);
  return *found;
}

void census::close() noexcept {
  open_.store(false, std::memory_order_release);
  tasks_.close();
  locks_.close();
  const std::lock_guard hold(in_use);
  in_use_ = false;
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
  const int here = worker.load(std::memory_order_relaxed);
  switch (what) {
    case line_event::begins:
      return home->begins(line, here);
    case line_event::named:
      return home->named(line);
    case line_event::resumed:
      return home->resumed(line, here);
    case line_event::suspended:
      return home->suspended(line, here);
    case line_event::waits_on:
      return home->waits_on(line);
    case line_event::yields:
      home->tasks_.change(&line, [](task_record& r) { r.yields = true; });
      return;
    case line_event::woken:
      return home->woken(line);
    case line_event::ended:
      return home->ended(line);
  }
}

void census::tap::holds(const void* on_what, const char* what, const task_context* line) noexcept {
  if (line_watcher* const also = inner.load(std::memory_order_acquire)) {
    also->holds(on_what, what, line);
  }
  const std::uint64_t holder = home->id_of(line);
  if (holder == 0) {
    home->locks_.take_out(on_what, [](const lock_record&) {});
  } else {
    home->locks_.add(on_what, [&](lock_record& r) {
      r.what = what;
      r.holder = holder;
    });
  }
}

void census::tap::lets_go(const void* on_what) noexcept {
  if (line_watcher* const also = inner.load(std::memory_order_acquire)) also->lets_go(on_what);
  home->locks_.take_out(on_what, [](const lock_record&) {});
}

/// A new record. False where there is no room for it.
bool census::enter(const task_context& line, int worker, bool is_new) noexcept {
  const std::uint64_t now = clock_.now();
  return tasks_.add(&line, [&](task_record& r) {
    r.id = last_id.fetch_add(1, std::memory_order_relaxed) + 1;
    r.spawned_at = line.where();
    r.born_in = &line.scope();
    r.has_deadline = !line.scope().deadline().is_never();
    r.adopted = !is_new;
    r.worker = worker;
    r.born = r.since = now;
    copy_name(r, line.name());
  });
}

void census::begins(const task_context& line, int worker) noexcept {
  if (!enter(line, worker, true)) left_out_.fetch_add(1, std::memory_order_relaxed);
}

void census::named(const task_context& line) noexcept {
  tasks_.change(&line, [&](task_record& r) { copy_name(r, line.name()); });
}

void census::resumed(const task_context& line, int worker) noexcept {
  const std::uint64_t now = clock_.now();
  const auto goes_on = [&](task_record& r) {
    r.state = task_state::running;
    r.since = now;
    r.worker = worker;
    r.yields = false;
    ++r.polls;
    ++r.changes;
    r.outer = std::exchange(running_here, r.id);
  };
  if (tasks_.change(&line, goes_on)) return;
  if (!enter(line, worker, false)) return;
  one_less_left_out();
  tasks_.change(&line, goes_on);
}

namespace {

/// What a line that is suspended says of itself, before any lock is taken.
struct wait_seen {
  explicit wait_seen(const task_context& line) noexcept : what(line.waits_for_unlocked()) {
    const task_frame* f = &task_frame::of(line.leaf());
    while (f->continuation() && frames < task_view::most_frames) {
      awaited_at[frames++] = f->place();
      f = &task_frame::of(f->continuation());
    }
  }
  void copy_to(task_record& r) const noexcept {
    r.waits_for = what.what;
    r.waits_at = what.where;
    r.fd = what.fd;
    r.on = what.on;
    r.region = what.region;
    r.frames = frames;
    std::copy_n(awaited_at, frames, r.awaited_at);
  }

  wait_description what;
  std::uint32_t frames = 0;
  std::source_location awaited_at[task_view::most_frames];
};

}  // namespace

void census::suspended(const task_context& line, int worker) noexcept {
  if (!line.leaf()) return;  // it stands for the lines of a parallel scope, and is none
  const wait_seen wait(line);
  const std::uint64_t joined = id_of(wait.what.task);
  const std::uint64_t now = clock_.now();
  const auto waits = [&](task_record& r) {
    if (r.state == task_state::running) {
      const std::uint64_t ran = now - std::min(r.since, now);
      r.busy += ran;
      r.longest = std::max(r.longest, ran);
    }
    r.state = task_state::waiting;
    r.since = now;
    r.joins = joined;
    r.has_deadline = !line.scope().deadline().is_never();
    ++r.changes;
    wait.copy_to(r);
    if (running_here == r.id) running_here = r.outer;
  };
  if (tasks_.change(&line, waits)) return;
  if (!enter(line, worker, false)) return;
  one_less_left_out();
  tasks_.change(&line, waits);
}

/// By who holds the lock of what it waits for now, so that it can't go on meanwhile.
void census::waits_on(const task_context& line) noexcept {
  if (!line.leaf()) return;
  const wait_seen wait(line);
  tasks_.change(&line, [&](task_record& r) {
    ++r.changes;
    wait.copy_to(r);
  });
}

void census::woken(const task_context& line) noexcept {
  const std::uint64_t now = clock_.now();
  tasks_.change(&line, [&](task_record& r) {
    const std::uint64_t by = r.yields ? r.id : running_here;
    ++r.wakes;
    ++r.changes;
    r.woken_by = by;
    if (by == r.id) ++r.self_wakes;
    if (r.state != task_state::waiting) return;
    r.state = task_state::ready;
    r.since = now;
  });
}

void census::ended(const task_context& line) noexcept {
  const bool was_known = tasks_.take_out(&line, [](task_record& r) {
    if (running_here == r.id) running_here = r.outer;
  });
  if (!was_known) one_less_left_out();
}

/// A line that is found now, or ends, was left out before; or had begun before the census.
void census::one_less_left_out() noexcept {
  std::int64_t were = left_out_.load(std::memory_order_relaxed);
  while (were > 0 && !left_out_.compare_exchange_weak(were, were - 1, std::memory_order_relaxed)) {
  }
}

// What is asked ---------------------------------------------------------------------------------

void census::adopt(const task_context& line, int worker) noexcept {
  if (line.is_waiting()) {
    if (id_of(&line) == 0) suspended(line, worker);
  } else if (id_of(&line) == 0) {
    enter(line, worker, false);
  }
}

void census::is_running(const task_context& line) noexcept {
  tasks_.change(&line, [&](task_record& r) {
    r.state = task_state::running;
    r.outer = 0;
    running_here = r.id;
  });
}

std::uint64_t census::id_of(const task_context* line) noexcept {
  std::uint64_t id = 0;
  if (line != nullptr) tasks_.change(line, [&](const task_record& r) { id = r.id; });
  return id;
}

bool census::is_unchanged(const task_record& then) noexcept {
  bool same = false;
  tasks_.change(then.key,
                [&](const task_record& r) { same = r.id == then.id && r.changes == then.changes; });
  return same;
}

std::uint64_t census::left_out() const noexcept {
  return static_cast<std::uint64_t>(left_out_.load(std::memory_order_relaxed));
}

}  // namespace rondo::observe
