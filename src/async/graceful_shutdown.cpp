// The end of a program in stages: nothing new, finish, cancel, break shields. Each stage is begun
// by a timer of the loop, or by somebody who is in a hurry; and at each the question "what do we
// still wait for?" has an answer.
#include <algorithm>
#include <atomic>
#include <exception>
#include <string_view>
#include <utility>

#include <rondo/async/graceful_shutdown.hpp>
#include <rondo/async/loop_executor.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/task/async_stack.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/this_task.hpp>

namespace rondo {

namespace {

/// A region that ends when the end begins.
class accepting : public list_hook<> {
 public:
  explicit accepting(scope& region) noexcept : region_(&region) {}
  ~accepting() { unlink(); }
  void end(label reason) noexcept { region_->cancel(std::move(reason)); }

 private:
  scope* region_;
};

/// Keeps the loop alive: the end may be begun by another thread, of which the loop knows nothing.
class holding {
 public:
  holding(loop& l, std::source_location where) : loop_(&l), hold_(l.hold(where)) {}
  holding(const holding&) = delete;
  ~holding() { loop_->clear(hold_); }

 private:
  loop* loop_;
  handle_id hold_;
};

/// A task of the region, as a walk over the tree of tasks meets it.
struct met {
  task_context* line;
  int depth;
  bool shielded;
};

/// Calls `f(met)` on each line in `region` and below, parents first. Without recursion: groups nest
/// as deep as they like.
template <class F>
void for_each_line(cancel_scope& region, F f) {
  std::vector<met> left;
  const auto add_children = [&left](cancel_scope& of, int depth, bool shielded) {
    const auto first = static_cast<std::ptrdiff_t>(left.size());
    of.for_each_task([&](task_context& child) { left.push_back({&child, depth, shielded}); });
    std::reverse(left.begin() + first, left.end());
  };
  add_children(region, 0, false);
  while (!left.empty()) {
    const met now = left.back();
    left.pop_back();
    f(now);
    if (!now.line->is_waiting()) continue;
    cancel_scope* const below = now.line->waits_for().region;
    if (below == nullptr) continue;
    const bool keeps_out = now.line->cancel_pending() && !below->cancel_pending();
    add_children(*below, now.depth + 1, now.shielded || keeps_out);
  }
}

}  // namespace

/// Shared with what was posted and has not run yet.
struct graceful_shutdown::state {
  state(loop& on, shutdown_options given) : l(on), options(std::move(given)) {
    if (options.cancel_limit == duration()) options.cancel_limit = l.shutdown_limit();
  }

  void begin(label why);
  void cancel_all();
  void overdue();
  void break_shields();
  void end() noexcept;
  void enter(shutdown_stage next, duration limit, void (state::*then)());
  void tell() noexcept;
  shutdown_report report() const;

  loop& l;
  shutdown_options options;
  std::atomic<shutdown_stage> stage{shutdown_stage::running};  // written by the loop's thread
  label reason;
  instant begun_at = instant::never();
  instant next_at = instant::never();
  event begun;
  intrusive_list<shutdown_part, shutdown_part> parts;
  intrusive_list<accepting> loops;
  cancel_scope* region = nullptr;  // while `run` runs
  scope* body = nullptr;           // the same
  handle_id question;              // the timer of `report_after`
  handle_id next_stage;
  bool was_cut_off = false;
  bool abandoned = false;

  // One for the owner, one for each post on its way. Released by whoever lets go, acquired by the
  // last one.
  std::atomic<int> references{1};
};

namespace {

/// Keeps the state for a callback that has been posted.
class reference {
 public:
  explicit reference(graceful_shutdown::state& to) noexcept : state_(&to) {
    state_->references.fetch_add(1, std::memory_order_relaxed);
  }
  reference(reference&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  ~reference() {
    if (state_ != nullptr) release(*state_);
  }
  graceful_shutdown::state& operator*() const noexcept { return *state_; }

  static void release(graceful_shutdown::state& from) noexcept {
    if (from.references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete &from;
  }

 private:
  graceful_shutdown::state* state_;
};

}  // namespace

// The stages
// ----------------------------------------------------------------------------------------

void graceful_shutdown::state::begin(label why) {
  if (abandoned || stage != shutdown_stage::running) return;
  reason = std::move(why);
  begun_at = l.now();
  enter(shutdown_stage::draining, options.drain_limit, &state::cancel_all);
  if (options.report_after < options.drain_limit) {
    question = l.set_timeout(options.report_after, [this] { tell(); });
  }
  parts.for_each([](shutdown_part& p) { p.begin_shutdown(); });
  loops.for_each([](accepting& a) { a.end("the end has begun"); });
  begun.set();
}

void graceful_shutdown::state::cancel_all() {
  if (abandoned || stage != shutdown_stage::draining) return;
  l.clear(question);
  was_cut_off = true;
  enter(shutdown_stage::cancelling, options.cancel_limit, &state::overdue);
  tell();  // what is cut off, while it is still there
  parts.for_each([](shutdown_part& p) { p.end_shutdown(); });
  if (body == nullptr) return;
  body->cancel("the time for the end is over");
  // Behind our own timer, so that what hangs is reported before it is given up.
  if (!l.has_work()) return;
  region->for_each_task([](task_context& line) { executor_of(line).begin_ending(); });
}

void graceful_shutdown::state::overdue() {
  enter(shutdown_stage::overdue, options.cancel_limit, &state::overdue);
  tell();
  if (options.break_shields && region != nullptr) break_shields();
}

/// A shield stops what comes from its outside. The lines within are told directly.
void graceful_shutdown::state::break_shields() {
  const cancel_cause cause("the time for the end is over, even behind a shield",
                           std::source_location::current());
  for_each_line(*region, [&](const met& m) {
    if (!m.line->cancel_pending()) m.line->cancel(cause);
  });
}

void graceful_shutdown::state::end() noexcept {
  l.clear(question);
  l.clear(next_stage);
  next_at = instant::never();
}

void graceful_shutdown::state::enter(shutdown_stage next, duration limit, void (state::*then)()) {
  l.clear(next_stage);
  next_at = instant::never();
  if (limit != duration::max()) {
    next_at = l.now() + limit;
    next_stage = l.set_timeout(limit, [this, then] { (this->*then)(); });
  }
  stage = next;
}

/// What the hook throws is the program's mistake, and does not hold up the end.
void graceful_shutdown::state::tell() noexcept {
  if (!options.on_report) return;
  try {
    options.on_report(report());
  } catch (...) {
    static_cast<void>(l.report_uncaught(std::current_exception()));
  }
}

shutdown_report graceful_shutdown::state::report() const {
  shutdown_report r;
  r.stage = stage;
  r.reason = reason.c_str();
  r.now = l.now();
  r.begun = begun_at;
  r.next = next_at;
  if (region != nullptr) {
    for_each_line(*region, [&](const met& m) {
      r.tasks.push_back({.name = m.line->name(),
                         .where = m.line->where(),
                         .depth = m.depth,
                         .cancelled = m.line->cancel_pending(),
                         .shielded = m.shielded,
                         .stack = async_stack(*m.line)});
    });
  }
  const_cast<state*>(this)->parts.for_each([&](shutdown_part& p) { p.describe_to(r.parts); });
  // Our own timers hold up nothing but the loop.
  for (const handle_id h : {question, next_stage}) l.unref(h);
  r.handles = l.holders();
  for (const handle_id h : {question, next_stage}) l.ref(h);
  if (l.has_work()) r.work = l.pool().snapshot();
  return r;
}

// What the program sees
// -----------------------------------------------------------------------------

graceful_shutdown::graceful_shutdown(loop& l, shutdown_options options)
    : state_(new state(l, std::move(options))) {}

graceful_shutdown::~graceful_shutdown() {
  state_->end();
  state_->abandoned = true;
  RONDO_ASSERT(state_->region == nullptr && state_->loops.empty());
  while (state_->parts.pop_front() != nullptr) {
  }
  reference::release(*state_);
}

void graceful_shutdown::begin(label reason) {
  state_->l.post([to = reference(*state_), why = std::move(reason)]() mutable {
    (*to).begin(std::move(why));
  });
}

void graceful_shutdown::hurry(label reason) {
  state_->l.post([to = reference(*state_), why = std::move(reason)]() mutable {
    (*to).begin(std::move(why));
    (*to).cancel_all();
  });
}

shutdown_stage graceful_shutdown::stage() const noexcept {
  return state_->stage;
}

void graceful_shutdown::add(shutdown_part& part) noexcept {
  state_->parts.push_back(part);
  if (state_->stage != shutdown_stage::running) part.begin_shutdown();
}

shutdown_report graceful_shutdown::report() const {
  return state_->report();
}

task<> graceful_shutdown::wait_begun(std::source_location where) {
  const holding until_the_end(state_->l, where);
  co_await state_->begun.wait();
}

task<bool> graceful_shutdown::run(task<> work, std::source_location where) {
  state& s = *state_;
  struct leaving {
    state* s;
    ~leaving() {
      s->body = nullptr;
      s->region = nullptr;
      s->end();
    }
  };
  auto whole = [&](scope& region) -> task<> {
    const leaving at_the_end{&s};
    task_context& line = co_await this_task();
    line.set_name("work");
    s.body = &region;
    s.region = &line.scope();
    if (s.stage >= shutdown_stage::cancelling) region.cancel(std::string_view(s.reason.c_str()));
    co_await std::move(work);
  };
  co_await with_scope(whole, where);
  if (s.stage == shutdown_stage::running) co_return true;
  s.stage = shutdown_stage::ended;
  s.tell();
  co_return !s.was_cut_off;
}

task<> graceful_shutdown::until_begun(task<> work, std::source_location where) {
  state& s = *state_;
  const holding until_the_end(s.l, where);
  auto region = [&](scope& whole) -> task<> {
    accepting here(whole);
    s.loops.push_back(here);
    if (s.stage != shutdown_stage::running) here.end("the end has begun");
    co_await std::move(work);
  };
  co_await with_scope(region, where);
}

}  // namespace rondo
