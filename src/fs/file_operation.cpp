// One call, on whichever way is best. Ring and pool have the same contract: what has not begun can
// be taken back, what has begun is waited for.
#include <rondo/async/loop_executor.hpp>
#include <rondo/fs/file_operation.hpp>
#include <rondo/os/errors.hpp>

#include "fs/ways.hpp"

namespace rondo::fs {

constexpr wait_kind file_operation::kind_of_call = {
    .wake = [](void* self,
               const cancel_cause&) noexcept { static_cast<file_operation*>(self)->take_back(); },
    .describe =
        [](const void* self) noexcept {
          const auto& o = *static_cast<const file_operation*>(self);
          wait_description d;
          d.what = os::to_string(o.call_.kind);
          d.where = o.where;
          d.fd = o.fd;
          return d;
        },
};

file_operation::file_operation(const os::file_call& call, way how, site where) noexcept
    : io_awaiter(call.fd, io::op_kind::file, where), call_(call), pooled_(*this), how_(how) {}

file_operation::file_operation(file_operation&& unstarted) noexcept
    : io_awaiter(static_cast<io_awaiter&&>(unstarted)),
      call_(static_cast<const os::file_call&>(unstarted.call_)),
      pooled_(*this),
      how_(unstarted.how_) {}

bool file_operation::start(task_context& context, std::coroutine_handle<> waiting) {
  if (!is_to_start(context, waiting, loop_of(context), kind_of_call)) return false;
  if (how_ == way::measured && is_tried_at_once(call_)) {
    result = os::try_perform(call_);
    if (result != os::would_block) return end_at_once();
  }
  data = &call_;
  const bool ring = how_ == way::measured ? is_better_on_ring(call_) : how_ == way::ring;
  how_ = ring && home().backend().takes(call_.kind) ? way::ring : way::pool;
  if (how_ == way::ring) return !again();
  pooled_.begin(where);
  return true;
}

/// The result is there. False, unless too much has ended at once in this turn: then it is yielded
/// behind the I/O of others.
bool file_operation::end_at_once() noexcept {
  executor& here = context().runs_on();
  if (here.spend()) return false;
  here.schedule_after_io(*this);
  return true;
}

bool file_operation::start_with(task_context& context, int known) noexcept {
  adopt(context);
  result = context.cancel_pending() ? os::cancelled : known;
  return false;
}

/// A cancel has come while the line waits. What ended at once, and was only put behind others, is
/// neither with the ring nor with the pool.
void file_operation::take_back() noexcept {
  if (how_ == way::ring) return home().cancel(*this);
  if (!pooled_.is_outstanding()) return;
  if (!home().cancel(pooled_)) return executor_of(context()).cancelled_too_late();
  result = os::cancelled;
  if (context().moves()) {
    context().queue(nullptr, queue_end::back);
  } else {
    context().runs_on().schedule(*this);
  }
}

bool file_operation::was_cancelled() const noexcept {
  return result == os::cancelled && cancel_is_pending();
}

int file_operation::finish() noexcept {
  end_wait();
  return result;
}

int file_operation::await_resume() {
  end_wait();
  if (was_cancelled()) context().throw_cancelled();
  return result;
}

// By a thread of the pool ----------------------------------------------------------------------

void file_operation::pooled::begin(site from) {
  kind = work_kind::files;
  name = os::to_string(of_->call_.kind);
  where = from;
  try {
    of_->home().submit(*this);
  } catch (...) {
    of_->end_wait();
    throw;
  }
}

void file_operation::pooled::perform() noexcept {
  of_->result = os::perform(of_->call_);
}

void file_operation::pooled::done(bool performed) {
  if (!performed) of_->result = os::cancelled;  // without a cancel: the pool was shut down
  of_->go_on();
}

}  // namespace rondo::fs
