// One worker, from the first line of its life to the last: run what is ready, search, park, wake
// up; and look after those that are busy for too long. Whom to wake, and when it is safe to sleep,
// is decided in idle_workers.hpp.
#include "runtime/worker.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <rondo/watchdog/beat.hpp>

#include "runtime/team.hpp"

namespace rondo {

namespace {

/// Lines that one turn of the loop may run before I/O and timers have their turn.
constexpr int lines_per_turn = 61;
/// Every so many lines the common queue comes first, so that what comes from outside is not held up
/// by lines that wake each other. Not a power of two, and prime to the above, so that the two don't
/// fall into step.
constexpr std::uint32_t common_queue_every = 31;
/// How often in a row the slot may come before the queue.
constexpr int slot_runs_at_most = 3;
/// When to look again at a slot that was too fresh to be taken.
constexpr duration second_look = duration::milliseconds(1);
/// A worker whose loop has not turned for so long is stuck in something.
constexpr duration too_long = duration::milliseconds(10);
/// The watcher stops when nothing has moved for so many looks.
constexpr int idle_looks_at_most = 100;

constinit thread_local worker* current_worker = nullptr;

loop_options options_for(const runtime::state& team, const char* name) {
  loop_options options;
  options.shared = true;
  options.pool = team.options.pool;
  options.shutdown_limit = team.options.shutdown_limit;
  options.task_allowance = team.options.task_allowance;
  options.stall_limit = team.options.stall_limit;
  options.recorder = team.options.recorder;
  options.recorded_as = name;
  io::backend_kind kind = team.options.backend;
  if (kind == io::backend_kind::automatic) {
    auto asked = io::backend_from_environment();
    if (!asked) throw std::move(asked).error();
    kind = *asked;
  }
  auto made = io::make_backend(kind, io::sharing::shared);
  if (!made) throw std::move(made).error();
  options.backend = std::move(*made);
  return options;
}

}  // namespace

void worker_executor::schedule_line(job& line, queue_end at) noexcept {
  worker* const here = current_worker;
  if (here != nullptr && &here->team() == &of_->team()) {
    here->push(line, at);
  } else {
    of_->team().inject(line);
  }
}

worker* worker::current() noexcept {
  return current_worker;
}

worker::worker(runtime::state& team, int index)
    : team_(&team),
      index_(index),
      membership_(team, index),
      loop_(options_for(team, ("worker " + std::to_string(index)).c_str())),
      executor_(loop_, team, *this),
      looks_(static_cast<std::size_t>(team.size())),
      turns_seen_(static_cast<std::size_t>(team.size())),
      random_(0x9e3779b97f4a7c15U * static_cast<std::uint64_t>(index + 1)),
      pump_(*this, [](job& j) { static_cast<errand&>(j).to->pump(); }),
      woken_(*this, [](job& j) { static_cast<errand&>(j).to->woken(); }),
      stop_(*this,
            [](job& j) {
              worker& w = *static_cast<errand&>(j).to;
              w.stopping_ = true;
              w.loop_.stop();
            }),
      look_again_(*this, [](job& j) { static_cast<alarm&>(j).to->begin_pumping(); }),
      watch_(*this, [](job& j) { static_cast<alarm&>(j).to->watch(); }),
      limit_(*this, [](job& j) { static_cast<alarm&>(j).to->give_up(); }) {
  loop_.add_companion(membership_);
  lives_ = loop_.hold();
  counts_turns_ = loop_.add_prepare([this] { turns_.add(); });
  executor_.set_limit(limit_);
  pumping_ = true;  // and finds that there is nothing to do, which is to park
  loop_.schedule_after_io(pump_);
  outer_ = std::exchange(current_worker, this);
}

worker::~worker() {
  loop_.disarm(look_again_);
  loop_.disarm(watch_);
  loop_.disarm(limit_);
  loop_.clear(counts_turns_);
  loop_.clear(lives_);
  current_worker = outer_;
}

void worker::run() noexcept {
  while (!stopping_) {
    try {
      loop_.run();
    } catch (...) {
      team_->report(std::current_exception());
    }
  }
}

/// The patience of `run` has run out, and blocking work that was cancelled still goes on.
void worker::give_up() {
  std::vector<work_report> hung = loop_.abandon_cancelled_work();
  if (!hung.empty()) {
    team_->report_hung(std::move(hung));
  } else if (loop_.has_work()) {
    executor_.begin_ending();
  }
}

void worker::stop() noexcept {
  loop_.post_job(stop_);
}

// Lines -----------------------------------------------------------------------------------------

void worker::push(job& line, queue_end at) noexcept {
  begin_pumping();
  // Of what a callback of the loop makes ready, one line is run here, and soon: nobody need come
  // for that. Else each request that arrives by itself would wake two threads.
  const bool is_for_others = in_line_ || has_work();
  if (at == queue_end::back) {
    queue_last(line);
    if (is_for_others) team_->wake_for_queue();
    return;
  }
  job* const before = slot_.put(line);
  if (before != nullptr) {
    queue_last(*before);
    team_->wake_for_queue();
  } else if (is_for_others) {
    team_->wake_for_slot();
  }
}

void worker::queue_last(job& line) noexcept {
  job_queue overflow;
  const std::uint32_t count = queue_.push(line, overflow);
  if (count == 0) [[likely]]
    return;
  overflows_.add(count);
  team_->common.push(overflow, count);
}

void worker::begin_pumping() noexcept {
  if (pumping_) return;
  pumping_ = true;
  record(probe::event_kind::unparked, this);
  searching_ = team_->idle.unpark(index_);
  loop_.disarm(look_again_);
  loop_.schedule_after_io(pump_);
}

/// As many lines as a turn may run; and if none are left, the end of the pumping.
void worker::pump() noexcept {
  const instant begun = loop_.time().now();
  int& allowance = loop_.allowance();
  deepest_.raise_to(queue_.size());
  if (begun - looked_after_ > too_long) look_after_others();
  for (int left = lines_per_turn; left > 0 && allowance > 0; --left, --allowance) {
    job* line = next_line();
    if (line == nullptr) {
      busy_ns_.add(static_cast<std::uint64_t>((loop_.time().now() - begun).count_ns()));
      line = search();
      if (line == nullptr) return;
    } else if (searching_) {
      found_in_search();
    }
    run_line(*line);
  }
  busy_ns_.add(static_cast<std::uint64_t>((loop_.time().now() - begun).count_ns()));
  loop_.schedule_after_io(pump_);
}

void worker::run_line(job& line) noexcept {
  polls_.add();
  ++ticks_;
  in_line_ = true;
  loop_.beat().call_begins(line);  // each line for itself, and not all that one pump runs
  line.run(line);
  in_line_ = false;
}

job* worker::next_line() noexcept {
  if (ticks_ % common_queue_every == 0) {
    if (job* const j = next_from_common_queue()) return j;
  }
  if (slot_runs_ < slot_runs_at_most) {
    if (job* const j = slot_.take()) {
      ++slot_runs_;
      return j;
    }
  }
  slot_runs_ = 0;
  if (job* const j = queue_.pop()) return j;
  return slot_.take();
}

/// One to run; others of this worker's share get into its queue.
job* worker::next_from_common_queue() noexcept {
  injection_queue& common = team_->common;
  if (common.empty()) return nullptr;
  const std::size_t room = queue_.room();
  const std::size_t share =
      std::min(common.share(static_cast<std::size_t>(team_->size())), room / 2 + 1);
  job_queue taken;
  const std::size_t count = common.pop(share, taken);
  if (count == 0) return nullptr;
  remote_.add(count);
  job* const first = taken.pop();
  queue_.push(taken, static_cast<std::uint32_t>(count - 1));
  return first;
}

// Without work ------------------------------------------------------------------------------------

/// A line from elsewhere; null when the worker has parked instead.
job* worker::search() noexcept {
  bool saw_slot = false;
  if (searching_ || team_->idle.begin_searching()) {
    searching_ = true;
    job* found = next_from_common_queue();
    const auto others = static_cast<std::size_t>(team_->size());
    const std::size_t first = random_.below(others);
    for (std::size_t i = 0; i < others && found == nullptr; ++i) {
      worker& victim = *team_->workers[(first + i) % others];
      if (&victim != this) found = steal_from(victim, saw_slot);
    }
    if (found == nullptr) found = next_from_common_queue();
    if (found != nullptr) {
      found_in_search();
      return found;
    }
  }
  park(saw_slot);
  return nullptr;
}

job* worker::steal_from(worker& victim, bool& saw_slot) noexcept {
  stolen_jobs loot = victim.queue_.steal_into(queue_);
  if (loot.first == nullptr) {
    loot.first = victim.slot_.steal(looks_[static_cast<std::size_t>(victim.index_)]);
    loot.count = loot.first != nullptr ? 1 : 0;
    if (loot.first == nullptr && !victim.slot_.empty()) saw_slot = true;
  }
  if (loot.first != nullptr) {
    record(probe::event_kind::stole, &victim, loot.count);
    steals_.add();
    stolen_.add(loot.count);
  }
  return loot.first;
}

void worker::found_in_search() noexcept {
  searching_ = false;
  if (team_->idle.end_searching()) team_->wake_for_queue();
}

void worker::park(bool watching) noexcept {
  record(probe::event_kind::parked, this);
  parks_.add();
  pumping_ = false;
  const bool look_once_more = team_->idle.park(
      index_, {.searching = std::exchange(searching_, false), .watching = watching});
  if (look_once_more) {
    if (others_have_work()) {
      team_->wake_for_queue();
    } else if (!watching && others_have_slots()) {
      team_->wake_for_slot();
    }
  }
  if (watching) loop_.arm(look_again_, loop_.time().now() + second_look);
  begin_watch();
}

bool worker::others_have_work() const noexcept {
  if (!team_->common.empty()) return true;
  return std::ranges::any_of(team_->workers,
                             [](const worker* each) { return !each->queue_.empty(); });
}

bool worker::others_have_slots() const noexcept {
  return std::ranges::any_of(team_->workers,
                             [](const worker* each) { return !each->slot_.empty(); });
}

void worker::wake() noexcept {
  if (!wake_posted_.exchange(true, std::memory_order_acq_rel)) loop_.post_job(woken_);
}

void worker::woken() noexcept {
  wake_posted_.exchange(false, std::memory_order_acq_rel);
  wakes_.add();
  begin_pumping();
}

// Workers that are stuck --------------------------------------------------------------------------

/// While a line of theirs computes, or blocks, their loops don't turn. The lines in their queues
/// are stolen as ever; here their timers and their I/O are served, as far as those belong to lines
/// that move. Whoever is parked looks after the others, as long as any of them works; the more are
/// parked, the more rarely each looks. And a worker that has lines to run looks between two turns.
void worker::begin_watch() noexcept {
  if (team_->size() > 1 && !watch_.is_armed()) arm_watch();
}

void worker::arm_watch() noexcept {
  const auto parked = static_cast<std::int64_t>(team_->idle.now().sleeping);
  loop_.arm(watch_, loop_.time().now() + too_long * std::max<std::int64_t>(parked, 1));
}

void worker::watch() noexcept {
  if (pumping_) return;  // until it parks again
  idle_looks_ = look_after_others() ? 0 : idle_looks_ + 1;
  if (idle_looks_ < idle_looks_at_most) {
    arm_watch();
  } else {
    idle_looks_ = 0;
  }
}

/// Whether any of them has moved since the last time, or is stuck.
bool worker::look_after_others() noexcept {
  looked_after_ = loop_.time().now();
  bool moved = false;
  for (worker* const each : team_->workers) {
    if (each == this) continue;
    std::uint64_t& seen = turns_seen_[static_cast<std::size_t>(each->index_)];
    const std::uint64_t turns = each->turns_.read();
    if (turns != std::exchange(seen, turns)) {
      moved = true;
    } else if (!each->loop_.is_asleep()) {
      moved = true;
      rescue(*each);
    }
  }
  return moved;
}

void worker::rescue(worker& other) noexcept {
  // It may have been named to look for work, and not know it: or nobody was woken for what it has,
  // because it was about to run that itself.
  if (team_->idle.pass_over(other.index_) || other.has_work()) team_->wake_for_queue();
  job_queue timers, operations;
  other.loop_.lend(timers, operations);
  for (job_queue* const each : {&timers, &operations}) {
    while (job* const j = each->pop()) {
      rescues_.add();
      j->run(*j);
    }
  }
}

// Metrics -----------------------------------------------------------------------------------------

worker_metrics worker::metrics() const noexcept {
  worker_metrics m;
  m.polls = polls_.read();
  m.steals = steals_.read();
  m.stolen = stolen_.read();
  m.parks = parks_.read();
  m.wakes = wakes_.read();
  m.remote = remote_.read();
  m.overflows = overflows_.read();
  m.rescues = rescues_.read();
  m.queue_depth = queue_.size() + (slot_.empty() ? 0U : 1U);
  m.queue_deepest = deepest_.read();
  m.busy = duration::nanoseconds(static_cast<std::int64_t>(busy_ns_.read()));
  return m;
}

}  // namespace rondo
