// Submitting, cancelling, closing and waiting on io_uring.
//
// The rule under all of it: a request of the kernel is over when its last completion has been seen
// here, and not before. Until then its op does not complete, its descriptor is not closed, and so
// no address or number that the kernel still knows can mean something else. That is why user_data
// needs no generation: no completion of an earlier life of a descriptor can exist.
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rondo/base/assert.hpp>
#include <rondo/os/errors.hpp>

#include "io/uring_engine.hpp"

namespace rondo::io {
namespace {

// 256 entries of 64 bytes and 1,024 completions of 16: 32 KiB. More submissions in a turn go out in
// more calls; more completions wait in the kernel.
constexpr unsigned submissions = 256;
constexpr unsigned completions = 1024;

bool is_opening(const op& o) noexcept {
  return o.kind == op_kind::file && call_of(o).kind == os::file_call_kind::open;
}

}  // namespace

int uring_engine::open(sharing how) noexcept {
  const bool shared = how == sharing::shared;
  if (const int failure = ring_.open(submissions, completions, shared); failure < 0) return failure;
  // Multishot receive is of Linux 6.0 and has no bit of its own; this opcode came with it.
  if (!ring_.supports(abi::op_send_zc)) return -EINVAL;
  can_truncate_ = ring_.supports(abi::op_ftruncate);
  if (const int failure = buffers_.open(ring_); failure < 0) return failure;
  wake_fd_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_fd_) return os::last_error();
  arm_wake();
  return 0;
}

io_uring_sqe& uring_engine::request(std::uint8_t opcode, int fd, std::uint64_t user_data) noexcept {
  io_uring_sqe& entry = ring_.next();
  entry.opcode = opcode;
  entry.fd = fd;
  entry.user_data = user_data;
  ++in_kernel_;
  return entry;
}

/// The target completes by itself, cancelled or not; the cancel is heard of only where it failed.
void uring_engine::request_cancel(std::uint64_t user_data) noexcept {
  io_uring_sqe& entry = ring_.next();
  entry.opcode = abi::op_async_cancel;
  entry.flags = abi::sqe_cqe_skip_success;
  entry.addr = user_data;
  entry.user_data = static_cast<unsigned>(tag::nobody);
}

submission uring_engine::submit(op& o) noexcept {
  RONDO_ASSERT(o.at == op::stage::idle || o.at == op::stage::finished, o.at, o.kind, o.fd);
  o.at = op::stage::idle;
  o.cancel_asked = false;
  o.buffer = op::no_buffer;
  if (o.kind == op_kind::file) return submit_call(o);
  uring_slot* const s = slots_.make(o.fd);
  if (s == nullptr || s->closing) {
    o.result = o.fd < 0 || s != nullptr ? -EBADF : -ENOMEM;
    return submission::done;
  }
  op_ring& side = s->side_of(o);
  const bool first = side.empty();
  const bool reads = is_reading(o.kind);
  if (first && reads && s->has_news() && serve(o, *s)) return submission::done;
  const bool messages = o.kind == op_kind::receive_messages || o.kind == op_kind::send_messages;
  if (first && messages && try_messages(o)) return submission::done;
  o.at = op::stage::waiting;
  side.push(o);
  if (first) {
    if (reads) {
      start_reading(o, *s, o.fd);
    } else {
      ask_kernel(o);
    }
  }
  return submission::pending;
}

void uring_engine::finish(op& o, std::int32_t result) noexcept {
  o.result = result;
  o.at = op::stage::finished;
  ready_.push(o);
}

void uring_engine::cancel(op& o) noexcept {
  if (o.at == op::stage::waiting) {
    uring_slot& s = slots_[o.fd];
    if (o.kind == op_kind::accept && s.listener && s.streaming && s.reading.holds_only(o)) {
      // The last who waits at this listener goes. What connects until the kernel has stopped
      // accepting is given to him, or kept: so who closes afterwards loses nobody.
      o.cancel_asked = true;
      return cancel_stream(s, o.fd);
    }
    s.side_of(o).remove(o);
    finish(o, os::cancelled);
    // Whoever is first now may want another kind of request.
    if (is_reading(o.kind)) go_on_reading(s, o.fd);
  } else if (o.at == op::stage::in_kernel && !o.cancel_asked) {
    cancel_in_kernel(o);
  }
}

void uring_engine::cancel_in_kernel(op& o) noexcept {
  o.cancel_asked = true;
  request_cancel(label(o, tag::single));
}

/// Completes what the kernel does not know of, and has the rest cancelled. Only the first of a side
/// can be known to the kernel.
void uring_engine::cancel_all(op_ring& side) noexcept {
  if (side.empty()) return;
  op& first = side.pop();
  const bool in_kernel = first.at == op::stage::in_kernel;
  if (!in_kernel) finish(first, os::cancelled);
  while (!side.empty()) finish(side.pop(), os::cancelled);
  if (!in_kernel) return;
  side.push(first);
  if (!first.cancel_asked) cancel_in_kernel(first);
}

void uring_engine::close(int fd) noexcept {
  const bool has_calls = cancel_calls_on(fd);
  uring_slot* const s = has_calls ? slots_.make(fd) : slots_.find(fd);
  if (s == nullptr) {
    ::close(fd);
    return;
  }
  RONDO_ASSERT(!s->closing, fd);
  cancel_all(s->reading);
  cancel_all(s->writing);
  drop_kept(*s);
  cancel_stream(*s, fd);
  s->closing = true;
  ++closing_;
  close_if_released(*s, fd);
}

void uring_engine::close_if_released(uring_slot& s, int fd) noexcept {
  if (!s.closing || s.streaming || !s.reading.empty() || !s.writing.empty()) return;
  if (has_call_on(fd)) return;
  s = uring_slot();
  --closing_;
  ::close(fd);  // never retried: Linux has freed the number, whatever it answers
}

void uring_engine::go_on_writing(uring_slot& s) noexcept {
  if (!s.writing.empty()) ask_kernel(s.writing.front());
}

int uring_engine::wait(duration timeout, job_queue& completed) noexcept {
  if (!crowded_.empty()) throttle();
  if (!starving_.empty()) feed();
  const bool block = timeout > duration() && ready_.empty() && !ring_.has_completions();
  const int failure = ring_.enter(block, timeout);
  for (uring_ring::completion c; ring_.pop(c);) dispatch(c);
  completed.append(ready_);
  return failure;
}

inline void uring_engine::dispatch(const uring_ring::completion& c) noexcept {
  const auto about = static_cast<tag>(c.user_data & tag_mask);
  if (about == tag::nobody) return;
  if ((c.flags & abi::cqe_more) == 0) --in_kernel_;
  switch (about) {
    case tag::single:
      return on_single(op_of(c.user_data), c);
    case tag::bytes:
      return on_bytes(fd_of(c.user_data), c);
    case tag::connections:
      return on_connection(fd_of(c.user_data), c);
    case tag::wake:
      return on_wake(c);
    case tag::nobody:
      return;
  }
}

/// A multishot poll reports every write to the eventfd, whether or not the counter was read in
/// between, as each write wakes its waiters. So it is never read; 2^64 wakes are out of reach.
void uring_engine::arm_wake() noexcept {
  io_uring_sqe& entry = request(abi::op_poll_add, wake_fd_.get(), static_cast<unsigned>(tag::wake));
  entry.poll_events = POLLIN;
  entry.len = abi::poll_multishot;
}

void uring_engine::on_wake(const uring_ring::completion& c) noexcept {
  wake_asked_.exchange(false, std::memory_order_acq_rel);
  // A multishot ends where its completion had to wait outside a full ring.
  if ((c.flags & abi::cqe_more) == 0) arm_wake();
}

void uring_engine::wake() noexcept {
  if (wake_asked_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_fd_.get(), &one, sizeof one);
}

void uring_engine::give_back(std::uint16_t buffer) noexcept {
  buffers_.give_back(buffer);
}

void uring_engine::for_each_pending(unique_function<void(const op&)> f) const {
  for (const uring_slot& s : slots_) {
    s.reading.for_each(f);
    s.writing.for_each(f);
  }
  calls_.for_each([&](const file_call& c) { f(*c.asked_by); });
}

uring_engine::~uring_engine() {
  drain();
  for (int fd = 0; fd < slots_.size(); ++fd) {
    uring_slot& s = slots_[fd];
    if (s.listener) drop_kept(s);
    if (s.closing) ::close(fd);
  }
}

/// Makes the kernel let go of everything, or else it would write into memory that others own by
/// then. On a foreign thread the kernel refuses every call (EEXIST): then closing the ring has to
/// do, which cancels as well, but without telling when.
void uring_engine::drain() noexcept {
  if (!wake_fd_) return;  // open() failed: nothing was ever submitted
  while (in_kernel_ != 0 && ring_.enter(false, duration()) == 0) {
    io_uring_sqe& entry = ring_.next();
    entry.opcode = abi::op_async_cancel;
    entry.cancel_flags = abi::cancel_any | abi::cancel_all;
    entry.user_data = static_cast<unsigned>(tag::nobody);
    // What the kernel's workers run can't always be cancelled at the first attempt.
    if (ring_.enter(true, duration::milliseconds(100)) != 0) return;
    for (uring_ring::completion c; ring_.pop(c);) {
      const auto about = static_cast<tag>(c.user_data & tag_mask);
      if (about == tag::nobody) continue;
      if ((c.flags & abi::cqe_more) == 0) --in_kernel_;
      const bool accepted = about == tag::connections ||
                            (about == tag::single && op_of(c.user_data).kind == op_kind::accept);
      const bool opened = about == tag::single && is_opening(op_of(c.user_data));
      if ((accepted || opened) && c.result >= 0) ::close(c.result);
    }
  }
}

}  // namespace rondo::io
