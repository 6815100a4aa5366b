// Work on another thread as something to await. What a cancel does depends on where it meets the
// work: taken back while it is queued; waited for, or let go, while it runs; too late where it has
// ended.
#include <rondo/async/offload.hpp>
#include <rondo/os/errors.hpp>

namespace rondo::detail {

void offload_record::attach(offload_waiter& waiter, label called, work_kind of,
                            std::source_location from) {
  waiter_ = &waiter;
  called_ = std::move(called);
  kind = of;
  name = called_.c_str();
  where = from;
}

void offload_record::done(bool performed) {
  if (!performed) {
    failure_ = std::make_exception_ptr(
        os::make_error(errc::closed, "offload", "to a pool that was shut down"));
  }
  waiter_->arrived();
}

void offload_record::rethrow_failure() const {
  if (failure_) std::rethrow_exception(failure_);
}

constexpr wait_kind offload_waiter::kind = {
    .wake = [](void* self,
               const cancel_cause&) noexcept { static_cast<offload_waiter*>(self)->cancel(); },
    .describe =
        [](const void* self) noexcept {
          wait_description d;
          d.what = "offloaded work";
          d.where = static_cast<const offload_waiter*>(self)->where_;
          return d;
        },
};

bool offload_waiter::begin(task_context& context, std::coroutine_handle<> waiting,
                           offload_record& record) {
  belongs_to(context);
  if (context.cancel_pending()) {
    cancelled_ = true;
    return false;
  }
  record_ = &record;
  record.attach(*this, std::move(options_.name), options_.kind, where_);
  loop_of(context).submit(record);
  suspend(context, kind, this, waiting);
  return true;
}

void offload_waiter::cancel() noexcept {
  if (cancelled_) return;
  record_->request_stop();  // before it may be somebody else's
  loop& l = loop_of(context());
  if (l.cancel(*record_)) {
    cancelled_ = true;
  } else if (may_be_abandoned() && l.abandon(*record_)) {
    cancelled_ = abandoned_ = true;
  } else {
    return executor_of(context()).cancelled_too_late();
  }
  schedule();
}

void offload_waiter::end() {
  context().end_wait();
  if (cancelled_) context().throw_cancelled();
}

}  // namespace rondo::detail
