// Two rings in memory shared with the kernel, by raw system calls: liburing would be one more thing
// to install, and what it hides are the very orderings that a reader of this room wants to see.
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <span>

#include <rondo/base/assert.hpp>

#include "io/uring_ring.hpp"

namespace rondo::io {
namespace {

int system_enter(int fd, unsigned submit, unsigned wait_for, unsigned flags, const void* argument,
                 std::size_t size) noexcept {
  const long got = syscall(__NR_io_uring_enter, fd, submit, wait_for, flags, argument, size);
  return got >= 0 ? static_cast<int>(got) : -errno;
}

/// What says "not now" rather than "never": a signal, the timeout, memory pressure inside the
/// kernel, a completion ring that must be emptied first.
bool passes(int negated_errno) noexcept {
  return negated_errno == -EINTR || negated_errno == -ETIME || negated_errno == -EAGAIN ||
         negated_errno == -EBUSY;
}

// CQSIZE: completions of multishot requests are many to one submission.
// SUBMIT_ALL: one bad entry must not hold up the rest of a batch; its completion says what was bad.
// COOP_TASKRUN, TASKRUN_FLAG: the kernel does not interrupt us to work out a completion, it sets a
//   bit that says there is something to work out.
// R_DISABLED: with SINGLE_ISSUER, which thread is the one is decided by the first `enter`, because
// a
//   loop may be made on one thread and run on another.
constexpr unsigned needed_flags = abi::setup_cqsize | abi::setup_submit_all |
                                  abi::setup_coop_taskrun | abi::setup_taskrun_flag |
                                  abi::setup_r_disabled;
constexpr unsigned needed_features = abi::feature_single_mmap | abi::feature_no_drop |
                                     abi::feature_submit_stable | abi::feature_ext_arg |
                                     abi::feature_cqe_skip;

// The gifts of later kernels, best first; a kernel refuses flags that it does not know with EINVAL.
// SINGLE_ISSUER: only one thread enters, which needs no kernel's gift. NO_SQARRAY: no table of
// indirections beside the entries. DEFER_TASKRUN: see enter(); it needs SINGLE_ISSUER.
constexpr unsigned for_one_thread[] = {
    abi::setup_single_issuer | abi::setup_defer_taskrun | abi::setup_no_sqarray,
    abi::setup_single_issuer | abi::setup_defer_taskrun, abi::setup_single_issuer};
constexpr unsigned for_several[] = {abi::setup_no_sqarray, 0};

}  // namespace

/// The kernel takes a closed ring apart later, on a thread of its own, and then sends the thread
/// that used it a piece of work in the way of a signal. A blocking call of that thread which
/// doesn't restart (connect or recv with a timeout set on the socket) may hence fail with EINTR
/// some microseconds after this destructor, although no signal was sent.
uring_ring::~uring_ring() {
  if (sqes_ != nullptr) munmap(sqes_, sqes_size_);
  if (rings_ != nullptr) munmap(rings_, rings_size_);
  if (fd_ >= 0) ::close(fd_);
}

int uring_ring::open(unsigned submissions, unsigned completions, bool shared) noexcept {
  int failure = -EINVAL;
  const std::span<const unsigned> choice =
      shared ? std::span<const unsigned>(for_several) : std::span<const unsigned>(for_one_thread);
  for (const unsigned gifts : choice) {
    io_uring_params p = {};
    p.flags = needed_flags | gifts;
    p.cq_entries = completions;
    const long made = syscall(__NR_io_uring_setup, submissions, &p);
    if (made >= 0) {
      fd_ = static_cast<int>(made);  // close-on-exec by nature
      flags_ = p.flags;
      if ((p.features & needed_features) != needed_features) return -EINVAL;
      return map(p);
    }
    failure = -errno;
    if (failure != -EINVAL) break;
  }
  return failure;
}

int uring_ring::map(const io_uring_params& p) noexcept {
  // One mapping holds both rings (FEAT_SINGLE_MMAP): whichever of them ends last gives its size.
  const std::size_t sq_end = p.sq_off.array + p.sq_entries * sizeof(unsigned);
  const std::size_t cq_end = p.cq_off.cqes + p.cq_entries * sizeof(io_uring_cqe);
  const std::size_t size = sq_end > cq_end ? sq_end : cq_end;
  constexpr int how = MAP_SHARED | MAP_POPULATE;
  void* const rings = mmap(nullptr, size, PROT_READ | PROT_WRITE, how, fd_, abi::offset_rings);
  if (rings == MAP_FAILED) return -errno;
  rings_ = rings;
  rings_size_ = size;

  const std::size_t entries_size = p.sq_entries * sizeof(io_uring_sqe);
  void* const entries =
      mmap(nullptr, entries_size, PROT_READ | PROT_WRITE, how, fd_, abi::offset_sqes);
  if (entries == MAP_FAILED) return -errno;
  sqes_ = static_cast<io_uring_sqe*>(entries);
  sqes_size_ = entries_size;

  const auto shared = [&](unsigned offset) {
    return reinterpret_cast<unsigned*>(static_cast<char*>(rings) + offset);
  };
  sq_head_shared_ = shared(p.sq_off.head);
  sq_tail_shared_ = shared(p.sq_off.tail);
  sq_flags_shared_ = shared(p.sq_off.flags);
  cq_head_shared_ = shared(p.cq_off.head);
  cq_tail_shared_ = shared(p.cq_off.tail);
  cqes_ = reinterpret_cast<const io_uring_cqe*>(shared(p.cq_off.cqes));
  sq_mask_ = p.sq_entries - 1;
  cq_mask_ = p.cq_entries - 1;
  if ((flags_ & abi::setup_no_sqarray) == 0) fill_identity_array(p);
  return 0;
}

void uring_ring::fill_identity_array(const io_uring_params& p) noexcept {
  // The submission ring proper holds indices of entries, so that they could be filled out of order.
  // We fill them in order: entry i is always at place i.
  auto* const array = reinterpret_cast<unsigned*>(static_cast<char*>(rings_) + p.sq_off.array);
  for (unsigned i = 0; i < p.sq_entries; ++i) array[i] = i;
}

int uring_ring::register_with(unsigned what, void* argument, unsigned count) noexcept {
  const long got = syscall(__NR_io_uring_register, fd_, what, argument, count);
  return got >= 0 ? static_cast<int>(got) : -errno;
}

bool uring_ring::supports(std::uint8_t opcode) noexcept {
  constexpr unsigned most = 256;
  alignas(io_uring_probe) unsigned char
      memory[sizeof(io_uring_probe) + most * sizeof(io_uring_probe_op)] = {};
  if (register_with(abi::register_probe, memory, most) < 0) return false;
  const auto* const probe = reinterpret_cast<const io_uring_probe*>(memory);
  return opcode <= probe->last_op && (probe->ops[opcode].flags & 1u) != 0;  // IO_URING_OP_SUPPORTED
}

int uring_ring::enable() noexcept {
  const int got = register_with(abi::register_enable_rings, nullptr, 0);
  enabled_ = got >= 0;
  return got < 0 ? got : 0;
}

io_uring_sqe& uring_ring::next() noexcept {
  if (sq_tail_ - load_acquire(sq_head_shared_) > sq_mask_) hand_over();
  io_uring_sqe& entry = sqes_[sq_tail_ & sq_mask_];
  memset(&entry, 0, sizeof entry);
  ++sq_tail_;  // published by the next enter
  return entry;
}

/// Makes our entries visible; how many the kernel has not taken yet.
unsigned uring_ring::publish() noexcept {
  store_release(sq_tail_shared_, sq_tail_);
  return sq_tail_ - load_acquire(sq_head_shared_);
}

/// The ring is full in the middle of a turn. Without SQPOLL the kernel takes entries inside the
/// call, so one call empties the ring; only memory pressure can hold it up, and an allocation of
/// that size in the kernel waits for memory rather than fail.
void uring_ring::hand_over() noexcept {
  if (!enabled_) {
    const int failure = enable();
    RONDO_ASSERT(failure == 0, failure);
  }
  for (unsigned waiting = publish(); waiting != 0; waiting = publish()) {
    const int got = system_enter(fd_, waiting, 0, 0, nullptr, 0);
    // EEXIST: a backend that belongs to another thread.
    RONDO_ASSERT(got >= 0 || passes(got), got);
  }
}

/// Something that only an `enter` brings into the completion ring.
///
/// With DEFER_TASKRUN a completion is worked out ("task work": the receive after a socket has
/// become readable, say) only inside an enter with GETEVENTS by our own thread, never behind its
/// back. That is why it is fast, and why a loop that only looked at the completion ring would look
/// for ever: the kernel tells of pending work by the TASKRUN bit. The OVERFLOW bit tells of
/// completions that did not fit and wait in a list of the kernel's (FEAT_NODROP); they too move
/// into the ring inside an enter. The bits are set with a full barrier before we can be woken; at
/// worst we see one a turn late, and a blocking enter looks for itself.
bool uring_ring::kernel_has_more() const noexcept {
  return (load_acquire(sq_flags_shared_) & (abi::sq_taskrun | abi::sq_cq_overflow)) != 0;
}

int uring_ring::enter(bool block, duration timeout) noexcept {
  if (!enabled_) {
    if (const int failure = enable(); failure < 0) return failure;
  }
  const unsigned submit = publish();
  if (!block && submit == 0 && !kernel_has_more()) return 0;

  // The timeout travels beside the call (EXT_ARG) instead of as a request in the ring, which would
  // have to be cancelled on every turn that ends by something else.
  __kernel_timespec span = {};
  io_uring_getevents_arg argument = {};
  unsigned flags = abi::enter_getevents;
  if (block && timeout != duration::max()) {
    span.tv_sec = timeout.count_ns() / 1'000'000'000;
    span.tv_nsec = timeout.count_ns() % 1'000'000'000;
    argument.ts = reinterpret_cast<std::uintptr_t>(&span);
    flags |= abi::enter_ext_arg;
  }
  const bool timed = argument.ts != 0;
  const int got = system_enter(fd_, submit, block ? 1 : 0, flags, timed ? &argument : nullptr,
                               timed ? sizeof argument : 0);
  // Where something was submitted the answer is that count, whatever became of the wait.
  return got >= 0 || passes(got) ? 0 : got;
}

}  // namespace rondo::io
