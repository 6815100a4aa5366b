// The way of a call: to the other shard as a posted job, there a task of that shard's or done at
// once, and home again as the same job. A cancel travels behind it as an errand of its own, and
// the caller waits until both are home, because both lie in its frame.
#include <string>

#include <rondo/base/error.hpp>
#include <rondo/runtime/sharded.hpp>

namespace rondo::detail {

// On the caller's shard --------------------------------------------------------------------------

shard_call::shard_call(shard& from, shard& to) noexcept : from_(&from), to_(&to) {
  run = &one_is_home;
  request_.call = cancel_.call = this;
  request_.run = &begin_there;
  cancel_.run = &cancel_there;
}

bool shard_call::begin(task_context& line, std::coroutine_handle<> waiting,
                       std::source_location where) noexcept {
  belongs_to(line);
  refused_ = line.cancel_pending();
  if (refused_) return false;
  where_ = where;
  suspend(line, kind, this, waiting);
  underway_ = 1;
  to_->loop_->post_job(request_);
  return true;
}

void shard_call::cancel(const cancel_cause& cause) noexcept {
  if (asked_) return;
  asked_ = true;
  cause_ = cause;
  ++underway_;
  to_->loop_->post_job(cancel_);
}

void shard_call::one_is_home(job& j) {
  auto& self = static_cast<shard_call&>(static_cast<leaf&>(j));
  if (--self.underway_ == 0) self.context().leaf().resume();
}

void shard_call::errand_is_home(job& j) {
  one_is_home(*static_cast<errand&>(j).call);
}

void shard_call::end() {
  context().end_wait();
  if (refused_) context().throw_cancelled();
  if (failure_) std::rethrow_exception(failure_);
  if (!was_cancelled_) return;
  from_->meet_cancel();  // the same may be on its way to us
  // Of the caller's own scope it would be a lie, where nobody has cancelled that.
  if (context().cancel_pending()) context().throw_cancelled();
  throw error(errc::cancelled, "call: shard " + std::to_string(to_->index()) +
                                   " was cancelled before there was a result");
}

constexpr wait_kind shard_call::kind = {
    .wake =
        [](void* self, const cancel_cause& cause) noexcept {
          static_cast<shard_call*>(self)->cancel(cause);
        },
    .describe =
        [](const void* self) noexcept {
          const auto& call = *static_cast<const shard_call*>(self);
          wait_description d;
          d.what = "a call of another shard";
          d.where = call.where_;
          d.on = call.to_;
          return d;
        },
};

// On the other shard -----------------------------------------------------------------------------

void shard_call::begin_there(job& j) {
  shard_call& self = *static_cast<errand&>(j).call;
  try {
    if (self.to_->serving_ == nullptr) {
      throw error(errc::closed,
                  "call: shard " + std::to_string(self.to_->index()) + " has ended already");
    }
    if (!self.perform()) return;
  } catch (...) {
    self.fail();
  }
  self.has_ended();
}

void shard_call::perform_in(task<> work) {
  running_ = to_->serving_->spawn("a call of another shard", std::move(work));
  is_running_ = true;
}

void shard_call::fail() noexcept {
  try {
    throw;
  } catch (const cancelled&) {
    was_cancelled_ = true;  // its cause is of this thread, and stays here
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void shard_call::has_ended() noexcept {
  // The handle is this shard's, and must not be dropped on the other.
  const join_handle<> dropped = std::move(running_);
  is_running_ = false;
  from_->loop_->post_job(*this);
}

void shard_call::cancel_there(job& j) {
  shard_call& self = *static_cast<errand&>(j).call;
  if (self.is_running_) self.running_.cancel(label(self.cause_.reason()), self.cause_.where());
  j.run = &errand_is_home;
  self.from_->loop_->post_job(j);
}

}  // namespace rondo::detail
