// The lines that move, and how their failures, their cancel and their end come to the parent, which
// stays. See parallel_core: many threads on one side, the parent's thread on the other.
#include <algorithm>
#include <mutex>

#include <rondo/base/assert.hpp>
#include <rondo/task/crew.hpp>
#include <rondo/task/parallel_scope.hpp>

#include "task/movable_line.hpp"

namespace rondo {

// The scope ------------------------------------------------------------------------------------

void parallel_scope::open(task_group& group, task_context& parent,
                          std::coroutine_handle<> resumed_at_the_end, std::source_location where) {
  crew* const members = parent.runs_on().member_of();
  if (members != nullptr) core_ = make_owned<detail::parallel_core>(*members);
  group_ = &group;
  group.open(parent, resumed_at_the_end, where);
  if (core_) core_->open(group, where);
}

detail::spawned& parallel_scope::make_line() {
  if (core_) return *new detail::movable_line;
  return *new detail::spawned;
}

void parallel_scope::start_line(detail::spawned& line, std::coroutine_handle<> frame,
                                detail::placement where_to, std::source_location where) noexcept {
  if (core_) {
    core_->start(detail::movable_line::of(line), frame, where_to, where);
  } else {
    line.start(*group_, frame, where);
  }
}

void parallel_scope::cancel(label reason, std::source_location where) noexcept {
  if (core_) {
    core_->cancel(std::move(reason), where);
  } else {
    group_->region().cancel(std::move(reason), where);
  }
}

bool parallel_scope::cancel_pending() const noexcept {
  return core_ ? core_->cancel_pending() : group_->region().cancel_pending();
}

int parallel_scope::size() const noexcept {
  return core_ ? core_->size() : group_->children();
}

namespace detail {

std::coroutine_handle<> parallel_group::body_ended(task_context& body) noexcept {
  auto& group = static_cast<parallel_group&>(static_cast<child_base&>(body).group());
  if (group.take_leave(body) == line_end::failed) group.fail(body.peek_failure());
  group.members.body_ends();
  return group.one_less();
}

// On the parent's thread -------------------------------------------------------------------------

parallel_core::parallel_core(crew& members) : crew_(&members), parts_(members.size()) {
  for (int i = 0; i < members.size(); ++i) {
    parts_[i].scope = this;
    parts_[i].on = &members.member(i);
    parts_[i].run = &swept;
  }
  report_.run = &report;
  report_.scope = this;
  members.scope_begins(*this);
}

parallel_core::~parallel_core() {
  crew_->scope_ends(*this);
}

void parallel_core::open(task_group& group, std::source_location where) noexcept {
  group_ = &group;
  home_ = &group.parent().runs_on();
  task_context::open(*home_, group.region(), where);
  set_name("tasks of a parallel scope");
  group.child_begins();
  begin_wait(kind, this, {});  // no coroutine of its own
  if (task_context::cancel_pending()) cancel_all(task_context::cause());
}

constexpr wait_kind parallel_core::kind = {
    .wake =
        [](void* self, const cancel_cause& why) noexcept {
          static_cast<parallel_core*>(self)->cancel_all(why);
        },
    .describe =
        [](const void* self) noexcept {
          wait_description d;
          d.what = "the tasks of a parallel scope";
          d.where = static_cast<const parallel_core*>(self)->group_->where();
          d.on = self;
          return d;
        },
};

/// What the lines had to say since the last time.
void parallel_core::report(job& j) {
  parallel_core& self = *static_cast<reporting&>(j).scope;
  task_group& group = *self.group_;
  std::vector<std::exception_ptr> failures;
  cancel_cause asked;
  bool over = false;
  {
    const std::lock_guard hold(self.lock_);
    self.report_queued_ = false;
    failures.swap(self.failures_);
    std::swap(asked, self.asked_);
    over = self.open_.load(std::memory_order_relaxed) == 0;
  }
  for (std::exception_ptr& each : failures) group.fail(std::move(each));
  if (asked) group.region().cancel_by(asked);
  if (!over) return;
  if (self.a_line_was_cancelled_) group.note_cancelled();
  self.close();
  group.one_less().resume();  // and with the parent, maybe, this is gone
}

void parallel_core::cancel_all(const cancel_cause& why) noexcept {
  {
    const std::lock_guard hold(lock_);
    if (cause_) return;
    cause_ = why;
    cancelled_.store(true, std::memory_order_release);
    if (open_.load(std::memory_order_relaxed) == 0) return;  // a report says so already
    open_.fetch_add(static_cast<int>(parts_.size()), std::memory_order_relaxed);
  }
  for (part& each : parts_) each.on->resume(each);
}

// On any thread
// ------------------------------------------------------------------------------------

void parallel_core::start(movable_line& line, std::coroutine_handle<> frame, placement where_to,
                          std::source_location where) noexcept {
  line.start(*this, frame, where_to, where);
}

parallel_core::part& parallel_core::here() noexcept {
  return parts_[static_cast<std::size_t>(std::max(crew_->my_index(), 0))];
}

int parallel_core::size() const noexcept {
  int all = body_runs_.load(std::memory_order_relaxed) ? 1 : 0;
  for (const part& each : parts_) all += each.alive.load(std::memory_order_relaxed);
  return all;
}

void parallel_core::line_begins(task_context& line, part& of) noexcept {
  const std::lock_guard hold(of.lock);
  // Spawned into a scope that has been left.
  RONDO_ASSERT(open_.load(std::memory_order_relaxed) > 0);
  of.lines.push_back(line);
  const int before = of.alive.load(std::memory_order_relaxed);
  of.alive.store(before + 1, std::memory_order_relaxed);
  if (before == 0) open_.fetch_add(1, std::memory_order_relaxed);
}

void parallel_core::line_ends(task_context& line, part& of, line_end how) noexcept {
  if (how != line_end::with_value) note(line, how);
  bool last = false;
  {
    const std::lock_guard hold(of.lock);
    line.close();
    const int left = of.alive.load(std::memory_order_relaxed) - 1;
    of.alive.store(left, std::memory_order_relaxed);
    last = left == 0;
  }
  if (last) leave();  // otherwise this may be gone
}

/// Keeps how the line ended, while it still counts as alive.
void parallel_core::note(task_context& line, line_end how) noexcept {
  bool tells = false;
  {
    const std::lock_guard hold(lock_);
    if (how == line_end::cancelled && cause_) a_line_was_cancelled_ = true;
    if (how == line_end::failed) {
      try {
        failures_.push_back(line.peek_failure());
      } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
        // No memory to remember it.
      }
      tells = !std::exchange(report_queued_, true);
    }
  }
  if (tells) home_->resume(report_);
}

/// The body, the last line of a part, or a sweep.
void parallel_core::leave() noexcept {
  bool tells = false;
  {
    const std::lock_guard hold(lock_);
    tells = open_.fetch_sub(1, std::memory_order_relaxed) == 1;
    tells = tells && !std::exchange(report_queued_, true);
  }
  if (tells) home_->resume(report_);
}

void parallel_core::cancel(label reason, std::source_location where) noexcept {
  cancel_cause why(std::move(reason), where);
  {
    const std::lock_guard hold(lock_);
    if (asked_ || open_.load(std::memory_order_relaxed) == 0) return;
    asked_ = std::move(why);
    if (std::exchange(report_queued_, true)) return;
  }
  home_->resume(report_);
}

void parallel_core::for_each_here(void (*f)(void* with, const task_context& line), void* with) {
  const executor* const mine = crew_->mine();
  for (part& each : parts_) {
    const std::lock_guard hold(each.lock);
    each.lines.for_each([&](task_context& line) {
      const std::lock_guard held_here(movable_line::of(line).lock());
      if (&line.runs_on() == mine) f(with, line);
    });
  }
}

/// On each thread once, after a cancel: for the lines that wait there.
void parallel_core::swept(job& j) {
  const auto& here = static_cast<const part&>(j);
  parallel_core& self = *here.scope;
  for (part& each : self.parts_) {  // a line may have come here from where it was spawned
    const std::lock_guard hold(each.lock);
    each.lines.for_each(
        [&](task_context& line) { movable_line::of(line).cancel_if_here(*here.on, self.cause_); });
  }
  self.leave();
}

}  // namespace detail
}  // namespace rondo
