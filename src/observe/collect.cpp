// A snapshot, put together: from the records of the census what the tasks do, who waits for whom
// and what is remarkable about it; from the watches the loops.
#include <algorithm>
#include <functional>
#include <iterator>

#include <rondo/os/clock.hpp>
#include <rondo/os/crash.hpp>
#include <rondo/os/open_sockets.hpp>
#include <rondo/os/own_process.hpp>
#include <rondo/pool/blocking_pool.hpp>

#include "observe/lookout.hpp"
#include "observe/wait_graph.hpp"
#include "observe/words.hpp"

namespace rondo::observe {

namespace {

/// Fewer wake-ups of its own than that say nothing.
constexpr std::uint64_t many_wakes = 100;

/// What one look knows while it is put together.
class collection {
 public:
  collection(std::vector<census*> people, const inspect_options& options)
      : people_(std::move(people)), options_(&options) {
    for (census* const each : people_) {
      left_out_ += each->left_out();
      std::ranges::move(each->tasks(), std::back_inserter(records_));
    }
    time_ = people_.front()->clock().read();
    std::ranges::sort(records_, {}, &task_record::id);
    for (census* const each : people_) std::ranges::copy(each->locks(), std::back_inserter(locks_));
    std::ranges::sort(locks_, {}, &lock_record::key);
  }

  const task_record* running_on(int worker) const {
    const auto runs = [&](const task_record& r) {
      return r.state == task_state::running && r.worker == worker;
    };
    // Of several, who was resumed by another's run: the last.
    const task_record* last = nullptr;
    for (const task_record& r : records_) {
      if (runs(r) && (last == nullptr || r.since > last->since)) last = &r;
    }
    return last;
  }
  duration since(std::uint64_t ticks) const { return time_.since(ticks); }

  void put_into(snapshot& s) {
    const wait_graph graph(records_, locks_, left_out_ == 0);
    s.tasks.reserve(records_.size());
    for (std::size_t i = 0; i < records_.size(); ++i) s.tasks.push_back(view_of(i, graph, s));
    s.tasks_left_out = left_out_;
    put_locks(s);
    for (const std::vector<int>& cycle : graph.cycles()) put_deadlock(cycle, s);
  }

 private:
  task_view view_of(std::size_t index, const wait_graph& graph, const snapshot& s) const;
  void put_wait(const task_record& r, task_view& t) const;
  std::uint8_t suspicions_of(const task_record& r, const task_view& t, const snapshot& s) const;
  void put_locks(snapshot& s) const;
  void put_deadlock(const std::vector<int>& cycle, snapshot& s) const;

  /// Whoever knows it.
  bool is_unchanged(const task_record& r) const {
    return std::ranges::any_of(people_, [&](census* each) { return each->is_unchanged(r); });
  }

  std::vector<census*> people_;
  const inspect_options* options_;
  std::uint64_t left_out_ = 0;
  std::vector<task_record> records_;
  std::vector<lock_record> locks_;
  probe::tick_clock::scale time_;
};

task_view collection::view_of(std::size_t index, const wait_graph& graph, const snapshot& s) const {
  const task_record& r = records_[index];
  task_view t;
  t.id = r.id;
  t.line = r.key;
  t.name = r.name;
  if (!words::is_glue(r.spawned_at)) t.spawned_at = r.spawned_at;
  const int parent = graph.parent_of(index);
  if (parent >= 0) t.parent = records_[static_cast<std::size_t>(parent)].id;
  t.state = r.state;
  t.worker = r.worker;
  t.polls = r.polls;
  t.wakes = r.wakes;
  t.self_wakes = r.self_wakes;
  t.woken_by = r.woken_by;
  t.age = since(r.born);
  t.in_state = since(r.since);
  const bool runs = r.state == task_state::running;
  t.busy = time_.span(r.busy) + (runs ? t.in_state : duration());
  t.longest_poll = std::max(time_.span(r.longest), runs ? t.in_state : duration());
  if (r.state == task_state::waiting) put_wait(r, t);
  t.suspicions = suspicions_of(r, t, s);
  return t;
}

/// Where it waits, as its author knows it: glue of the library's on the way is left out.
void collection::put_wait(const task_record& r, task_view& t) const {
  t.waits_for = r.waits_for;
  t.waits_at = r.waits_at;
  t.fd = r.fd;
  t.on = r.on;
  t.joins = r.joins;
  std::uint32_t next = 0;
  while (next < r.frames && (t.waits_at.line() == 0 || words::is_glue(t.waits_at))) {
    t.waits_at = r.awaited_at[next++];
  }
  if (words::is_glue(t.waits_at)) t.waits_at = {};
  for (; next < r.frames; ++next) {
    if (!words::is_glue(r.awaited_at[next])) t.awaited_at.push_back(r.awaited_at[next]);
  }
}

std::uint8_t collection::suspicions_of(const task_record& r, const task_view& t,
                                       const snapshot& s) const {
  int found = 0;
  // Behind a worker that hangs all are late: there it is not the wake-up that was lost.
  const bool is_held_up = std::ranges::any_of(
      s.workers, [&](const worker_view& w) { return w.index == r.worker && w.stuck; });
  if (r.state == task_state::ready && t.in_state > options_->overdue && !is_held_up) {
    found |= static_cast<int>(r.polls == 0 && r.wakes == 0 ? suspicion::never_polled
                                                           : suspicion::lost_wake_up);
  }
  if (t.longest_poll > options_->stall) found |= static_cast<int>(suspicion::polled_too_long);
  if (r.self_wakes >= many_wakes && r.self_wakes * 10 >= r.wakes * 9) {
    found |= static_cast<int>(suspicion::wakes_itself);
  }
  return static_cast<std::uint8_t>(found);
}

/// Those that somebody waits for.
void collection::put_locks(snapshot& s) const {
  std::vector<const void*> waited_for;
  for (const task_record& r : records_) {
    if (r.state == task_state::waiting && r.on != nullptr) waited_for.push_back(r.on);
  }
  std::ranges::sort(waited_for, std::less<>());
  for (const lock_record& each : locks_) {
    if (std::ranges::binary_search(waited_for, each.key, std::less<>())) {
      s.locks.push_back({each.key, each.what, each.holder});
    }
  }
}

/// The records were copied one after the other. What has not changed since was so at one moment.
void collection::put_deadlock(const std::vector<int>& cycle, snapshot& s) const {
  deadlock found;
  for (const int each : cycle) {
    if (!is_unchanged(records_[static_cast<std::size_t>(each)])) return;
  }
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    task_view& t = s.tasks[static_cast<std::size_t>(cycle[i])];
    const task_view& next = s.tasks[static_cast<std::size_t>(cycle[(i + 1) % cycle.size()])];
    t.suspicions |= static_cast<std::uint8_t>(suspicion::deadlocked);
    found.tasks.push_back(t.id);
    if (!found.in_words.empty()) found.in_words += "; ";
    found.in_words += words::title_of(t) + " (spawned at " + words::place_of(t.spawned_at) +
                      ") waits at " + words::place_of(t.waits_at) + " for ";
    if (t.joins != 0) {
      found.in_words += "the end of " + words::title_of(next);
    } else if (t.on != nullptr) {
      const auto lock = std::ranges::lower_bound(locks_, t.on, {}, &lock_record::key);
      found.in_words +=
          std::string("the ") + lock->what + " that " + words::title_of(next) + " holds";
    } else {
      found.in_words += "its child " + words::title_of(next);
    }
  }
  s.deadlocks.push_back(std::move(found));
}

void put_jobs(const blocking_pool& pool, snapshot& s) {
  for (work_report& job : pool.snapshot()) {
    if (job.running) {
      s.jobs.push_back({job.name.empty() ? to_string(job.kind) : std::move(job.name),
                        real_clock().now() - job.since});
    } else {
      ++s.jobs_queued;
    }
  }
}

void put_sockets(std::size_t at_most, snapshot& s) {
  for (os::open_socket& each : os::open_sockets(at_most)) {
    socket_view socket;
    socket.fd = each.fd;
    socket.kind = std::move(each.kind);
    socket.local = std::move(each.local);
    socket.peer = std::move(each.peer);
    socket.state = std::move(each.state);
    socket.unread = each.unread;
    socket.unsent = each.unsent;
    s.sockets.push_back(std::move(socket));
  }
}

}  // namespace

snapshot lookout::look() {
  const std::lock_guard hold(looking_);
  snapshot s;
  s.pid = os::process_id();
  s.program = os::program_name();
  s.uptime = real_clock().now() - begun_;
  std::vector<loop_watch*> loops;
  std::vector<census*> people;
  for (const owned<watched_loops>& each : all_) {
    people.push_back(each->people);
    for (const std::shared_ptr<loop_watch>& one : each->loops) loops.push_back(one.get());
  }
  if (loops.empty()) return s;
  std::ranges::sort(loops, {}, &loop_watch::index);
  for (loop_watch* const each : loops) each->ask();
  const instant until = real_clock().now() + options_.answer_within;
  std::vector<loop_watch::answer> answers;
  answers.reserve(loops.size());
  for (loop_watch* const each : loops) answers.push_back(each->take(until));

  collection tasks(std::move(people), options_);
  for (loop_watch::answer& each : answers) {
    worker_view& w = each.view;
    if (each.unanswered > duration()) {
      const task_record* const runs = tasks.running_on(w.index);
      w.stuck_for = runs != nullptr ? tasks.since(runs->since) : each.unanswered;
      w.stuck = w.stuck_for > options_.stall;
      if (w.stuck && runs != nullptr) w.stuck_task = runs->id;
      if (!w.stuck) w.stuck_for = {};
    }
    s.workers.push_back(std::move(w));
    for (handle_view& handle : each.handles) s.handles.push_back(std::move(handle));
  }
  tasks.put_into(s);
  std::vector<const blocking_pool*> pools;
  for (loop_watch* const each : loops) {
    each->with_pool([&](const blocking_pool& pool) {
      if (std::ranges::find(pools, &pool) != pools.end()) return;
      pools.push_back(&pool);
      put_jobs(pool, s);
    });
    if (s.backend.empty() && each->backend() != nullptr) s.backend = each->backend();
  }
  put_sockets(options_.most_listed, s);
  return s;
}

}  // namespace rondo::observe
