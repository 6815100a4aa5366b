// Asking a loop what only its own thread knows: by a job, which a loop that is stuck does not run.
// At most one question is on its way, so that a loop that hangs for a day is not flooded
// afterwards.
#include "observe/loop_watch.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <rondo/base/thread_token.hpp>
#include <rondo/loop/companion.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/os/thread_watch.hpp>

namespace rondo::observe {

namespace {

/// Tells the watches of a loop that it ends. One a loop, since it stays until then.
class until_the_end final : public loop_companion {
 public:
  static until_the_end& of(loop& l) {
    if (auto* const there = static_cast<until_the_end*>(l.find_companion(&key))) return *there;
    auto* const made = new until_the_end;
    l.add_companion(*made);
    return *made;
  }
  void add(std::shared_ptr<loop_watch> w) { watches_.push_back(std::move(w)); }
  void remove(const loop_watch& w) noexcept {
    std::erase_if(watches_, [&](const auto& each) { return each.get() == &w; });
  }

 private:
  until_the_end() noexcept : loop_companion(&key) {}
  bool discard(job&) noexcept override { return false; }
  void loop_ends() noexcept override {
    for (const std::shared_ptr<loop_watch>& each : watches_) each->loop_ends();
    delete this;
  }

  static constexpr char key = 0;
  std::vector<std::shared_ptr<loop_watch>> watches_;
};

}  // namespace

loop_watch::loop_watch(const loop& of, census& people, int index, const inspect_options& options)
    : index_(index),
      most_listed_(options.most_listed),
      people_(&people),
      of_(&of),
      asked_(real_clock().now()) {
  facts_.when = asked_;
}

// The loop's thread -----------------------------------------------------------------------------

void loop_watch::begin(const loop_here& here) {
  const std::lock_guard hold(mutex_);
  if (stage_ != stage::coming) return;
  runs_ = here.runs;
  on_ = &loop_of(*here.runs);
  thread_ = this_thread_token();
  scheduler_ = here.scheduler();
  worker_ = here.index;
  backend_ = on_->backend().name();
  auto delay = make_owned<loop_delay>(*on_);
  delay->enable();
  until_the_end::of(*on_).add(shared_from_this());
  delay_ = std::move(delay);
  stage_ = stage::here;  // what fails from here on is undone by `leave`
  on_->measure(true);
  before_ = on_->metrics();
  people_->attach(*runs_, index_);
  here.for_each_line([this](const task_context& line) { people_->adopt(line, index_); });
  facts_ = gather();
  is_asked_ = false;
  answered_.notify_all();
}

loop_facts loop_watch::gather() const {
  loop_facts now;
  now.metrics = on_->metrics().since(before_);
  now.queues = on_->queues();
  const instant here = on_->now();
  for (const armed_timer& each : on_->next_timers(most_listed_ / 10 + 1)) {
    if (std::string_view(each.where.file_name()).ends_with("/loop_delay.cpp")) continue;  // ours
    now.handles.push_back({index_, each.kind, each.where, each.due - here});
  }
  for (holder& each : on_->holders()) {
    ++now.handle_count;
    if (now.handles.size() >= most_listed_) continue;
    const std::string_view kind = each.kind;
    if (kind == "timeout" || kind == "interval" || kind == "timer of a task") continue;  // above
    std::string what(kind);
    if (!each.name.empty()) what += " \"" + each.name + '"';
    if (each.fd >= 0) what += " on descriptor " + std::to_string(each.fd);
    now.handles.push_back({index_, std::move(what), each.where, {}});
  }
  now.thread = os::thread_name(os::this_thread_id());  // whoever has started it may name it late
  now.pool = on_->pool_if_any();
  now.when = real_clock().now();
  return now;
}

void loop_watch::answer_now() {
  {
    const std::lock_guard hold(mutex_);
    if (stage_ != stage::here) return;
  }
  loop_facts now = gather();  // only this thread changes what that needs
  {
    const std::lock_guard hold(mutex_);
    facts_ = std::move(now);
    is_asked_ = false;
  }
  answered_.notify_all();
}

/// Behind `leave`.
void loop_watch::end() noexcept {
  const std::shared_ptr<loop_watch> until_then = shared_from_this();
  until_the_end::of(*on_).remove(*this);
  people_->detach(*runs_);
  const std::lock_guard hold(mutex_);
  delay_ = {};
  on_->measure(false);
}

/// What ran its tasks is gone by now, or was left behind.
void loop_watch::loop_ends() noexcept {
  people_->forget(*runs_);
  {
    const std::lock_guard hold(mutex_);
    if (stage_ == stage::here) {
      facts_.metrics = on_->metrics().since(before_);
      last_ = view_now();
      last_.ended = true;
    }
    stage_ = stage::ended;
    is_asked_ = false;
    delay_ = {};
    facts_.handles.clear();
    of_ = on_ = nullptr;
  }
  answered_.notify_all();
}

// Any thread ------------------------------------------------------------------------------------

void loop_watch::leave() noexcept {
  {
    const std::lock_guard hold(mutex_);
    const stage was = std::exchange(stage_, stage_ == stage::ended ? stage::ended : stage::left);
    if (was != stage::here) return;
    if (thread_ != this_thread_token()) {
      try {
        on_->post([me = shared_from_this()] { me->end(); });
      } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
        // No memory to say so: then it goes on measuring, and telling a census that is closed.
      }
      return;
    }
  }
  end();
}

bool loop_watch::is_of(const loop& l) const noexcept {
  const std::lock_guard hold(mutex_);
  return of_ == &l;
}

const char* loop_watch::backend() const noexcept {
  const std::lock_guard hold(mutex_);
  return backend_;
}

void loop_watch::ask() {
  const std::lock_guard hold(mutex_);
  if (stage_ != stage::here) return;
  was_asleep_ = on_->is_asleep();
  if (thread_ == this_thread_token()) {
    facts_ = gather();
    is_asked_ = false;  // an answer that is on its way is one more
    return;
  }
  if (is_asked_) return;
  on_->post([me = shared_from_this()] { me->answer_now(); });
  is_asked_ = true;
  asked_ = real_clock().now();
}

loop_watch::answer loop_watch::take(instant until) {
  answer a;
  std::unique_lock lock(mutex_);
  while (is_asked_) {
    const duration left = until - real_clock().now();
    if (left <= duration()) break;
    answered_.wait_for(lock, std::chrono::nanoseconds(left.count_ns()));
  }
  if (is_asked_) a.unanswered = real_clock().now() - asked_;
  a.view = stage_ == stage::here ? view_now() : last_;
  a.view.index = index_;
  a.view.answered_ago = real_clock().now() - facts_.when;
  a.handles = facts_.handles;
  return a;
}

/// Under the lock, of a loop that is there.
worker_view loop_watch::view_now() const {
  worker_view w;
  w.index = index_;
  w.thread = facts_.thread;
  w.asleep = was_asleep_ && !is_asked_;
  w.loop = facts_.metrics;
  if (scheduler_ != nullptr) w.worker = scheduler_->metrics(worker_);
  std::ranges::copy(facts_.queues.waiting, w.queued);
  w.handles = facts_.handle_count;
  const probe::histogram& delays = delay_->delays();
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
  return w;
}

}  // namespace rondo::observe
