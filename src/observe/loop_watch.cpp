// Asking a loop what only its own thread knows: by a job, which a loop that is stuck does not run.
// At most one question is on its way, so that a loop that hangs for a day is not flooded
// afterwards.
#include "observe/loop_watch.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <rondo/base/thread_token.hpp>

namespace rondo::observe {

struct loop_watch::shared {
  shared(loop& of, const inspect_options& given)
      : on(&of), delay(make_owned<loop_delay>(of)), most_listed(given.most_listed) {}

  // The loop's thread
  void begin(int index_here);
  void answer();
  void end() noexcept;

  loop* on;
  owned<loop_delay> delay;  // the figures are any thread's; gone when the watch is
  std::size_t most_listed;
  int index = 0;
  loop_metrics before;  // others may have measured the loop already

  std::mutex mutex;  // guards what follows
  std::condition_variable answered;
  instant asked;
  bool is_asked = false;
  loop_facts facts;
};

void loop_watch::shared::begin(int index_here) {
  index = index_here;
  on->measure(true);
  before = on->metrics();
  delay->enable();
  facts.when = real_clock().now();
  answer();
}

void loop_watch::shared::answer() {
  loop_facts now;
  now.metrics = on->metrics().since(before);
  now.queues = on->queues();
  const instant here = on->now();
  for (const armed_timer& each : on->next_timers(most_listed / 10 + 1)) {
    if (std::string_view(each.where.file_name()).ends_with("/loop_delay.cpp")) continue;  // ours
    now.handles.push_back({index, each.kind, each.where, each.due - here});
  }
  for (holder& each : on->holders()) {
    ++now.handle_count;
    if (now.handles.size() >= most_listed) continue;
    const std::string_view kind = each.kind;
    if (kind == "timeout" || kind == "interval" || kind == "timer of a task") continue;  // above
    std::string what(kind);
    if (!each.name.empty()) what += " \"" + each.name + '"';
    if (each.fd >= 0) what += " on descriptor " + std::to_string(each.fd);
    now.handles.push_back({index, std::move(what), each.where, {}});
  }
  now.pool = on->pool_if_any();
  now.when = real_clock().now();
  {
    const std::lock_guard hold(mutex);
    facts = std::move(now);
    is_asked = false;
  }
  answered.notify_all();
}

void loop_watch::shared::end() noexcept {
  delay = {};
  on->measure(false);
}

loop_watch::loop_watch(loop_executor& runs, runtime* r, int index, const inspect_options& options)
    : runs_(&runs),
      runtime_(r),
      index_(index),
      shared_(std::make_shared<shared>(loop_of(runs), options)) {
  shared_->begin(index);
}

loop_watch::~loop_watch() {
  if (runs_->is_mine()) {
    shared_->end();
    return;
  }
  try {
    loop_of(*runs_).post([to_end = shared_] { to_end->end(); });
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
    // No memory to say so: then it goes on measuring.
  }
}

const char* loop_watch::backend() const noexcept {
  return loop_of(*runs_).backend().name();
}

void loop_watch::ask() {
  const loop& l = loop_of(*runs_);
  was_asleep_ = l.is_asleep();
  if (runs_->is_mine()) return shared_->answer();
  {
    const std::lock_guard hold(shared_->mutex);
    if (shared_->is_asked) return;
    shared_->is_asked = true;
    shared_->asked = real_clock().now();
  }
  loop_of(*runs_).post([to = shared_] {
    if (to->delay) to->answer();
  });
}

loop_watch::answer loop_watch::take(instant until) {
  answer a;
  shared& s = *shared_;
  std::unique_lock lock(s.mutex);
  while (s.is_asked) {
    const duration left = until - real_clock().now();
    if (left <= duration()) break;
    s.answered.wait_for(lock, std::chrono::nanoseconds(left.count_ns()));
  }
  const instant now = real_clock().now();
  if (s.is_asked) a.unanswered = now - s.asked;
  worker_view& w = a.view;
  w.index = index_;
  w.asleep = was_asleep_ && !s.is_asked;
  w.answered_ago = now - s.facts.when;
  w.loop = s.facts.metrics;
  if (runtime_ != nullptr) w.worker = runtime_->metrics(index_);
  std::ranges::copy(s.facts.queues.waiting, w.queued);
  w.handles = s.facts.handle_count;
  const probe::histogram& delays = s.delay->delays();
  w.delay_count = delays.count();
  w.delay_p50 = delays.percentile(50).count_ns();
  w.delay_p90 = delays.percentile(90).count_ns();
  w.delay_p99 = delays.percentile(99).count_ns();
  w.delay_max = delays.max().count_ns();
  duration from, to = duration::microseconds(16);
  for (int i = 0; i < worker_view::delay_buckets; ++i, from = to, to = to * 2) {
    const bool last = i == worker_view::delay_buckets - 1;
    w.delays[i] = delays.count_between(from, last ? duration::max() : to);
  }
  a.handles = s.facts.handles;
  a.pool = s.facts.pool;
  return a;
}

}  // namespace rondo::observe
