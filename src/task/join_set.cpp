// A set of tasks whose ends are taken one by one. What has ended waits in a queue until it is asked
// for; whoever asks while nothing has ended waits as the only leaf of the set.
#include <rondo/task/join_set.hpp>

namespace rondo::detail {

void set_member::start(join_set_base& set, std::coroutine_handle<> frame, label name,
                       std::source_location where) noexcept {
  RONDO_ASSERT(set.group_.has_begun());  // spawned into a set that has been left
  set_ = &set;
  frame_ = frame;
  run = [](job& j) {
    auto& member = static_cast<set_member&>(j);
    member.begins_to_run();
    member.frame_.resume();
  };
  set_name(std::move(name));
  join(set.group_, where, &set_member::ended);
  ++set.running_;
  runs_on().schedule(*this);
}

std::coroutine_handle<> set_member::ended(task_context& line) noexcept {
  auto& self = static_cast<set_member&>(line);
  join_set_base& set = *self.set_;
  task_group& group = set.group_;
  const line_end how = group.take_leave(self);
  --set.running_;
  if (how == line_end::cancelled) {
    delete &self;
  } else if (how == line_end::failed && set.fails_fast_) {
    group.fail(self.peek_failure());
    delete &self;
  } else {
    ++set.ended_;
    set.done_.push(self);
  }
  const std::coroutine_handle<> next = group.one_less();
  if (set.waiter_ == nullptr || (set.done_.empty() && set.running_ > 0)) return next;
  return std::exchange(set.waiter_, nullptr)->waiting();  // within the body, so `next` is nobody
}

bool set_waiter::begin(task_context& waiting, std::coroutine_handle<> coroutine,
                       std::source_location where) noexcept {
  belongs_to(waiting);
  cancelled_ = waiting.cancel_pending();
  if (cancelled_ || !set_->done_.empty() || set_->running_ == 0) return false;
  RONDO_ASSERT(set_->waiter_ == nullptr);  // two tasks ask one set
  where_ = where;
  set_->waiter_ = this;
  suspend(waiting, kind, this, coroutine);
  return true;
}

owned<set_member> set_waiter::end() {
  context().end_wait();
  if (cancelled_) context().throw_cancelled();
  job* const first = set_->done_.pop();
  if (first == nullptr) return {};
  --set_->ended_;
  return owned<set_member>(static_cast<set_member*>(first));
}

void set_waiter::cancel() noexcept {
  if (set_->waiter_ != this) return;  // it is about to be resumed
  set_->waiter_ = nullptr;
  cancelled_ = true;
  schedule();
}

constexpr wait_kind set_waiter::kind = {
    .wake = [](void* self,
               const cancel_cause&) noexcept { static_cast<set_waiter*>(self)->cancel(); },
    .describe =
        [](const void* self) noexcept {
          const auto& waiter = *static_cast<const set_waiter*>(self);
          wait_description d;
          d.what = "the next end in a join_set";
          d.where = waiter.where_;
          d.on = waiter.set_;
          return d;
        },
};

void join_set_base::cancel(label reason, std::source_location where) noexcept {
  const cancel_cause cause(std::move(reason), where);
  group_.region().for_each_task([&](task_context& line) {
    if (&line != body_) line.cancel(cause);
  });
}

std::coroutine_handle<> join_set_base::body_ended(task_context& self) noexcept {
  auto& body = static_cast<child_base&>(self);
  task_group& group = body.group();
  body.note_end(group.take_leave(body));
  if (body.how_it_ended() == line_end::failed) {
    group.fail(body.peek_failure());
  } else {
    group.region().cancel("the join_set was left", group.where());
  }
  return group.one_less();
}

void join_set_base::finish() {
  while (job* const each = done_.pop()) {
    const owned<set_member> member(static_cast<set_member*>(each));
    if (member->has_failed()) group_.keep(member->peek_failure());
  }
  if (group_.has_failures()) group_.rethrow_failure();
  if (body_->how_it_ended() == line_end::cancelled) group_.parent().throw_cancelled();
}

}  // namespace rondo::detail
