#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <rondo/base/time.hpp>

#include "io/uring_abi.hpp"

namespace rondo::io {

// The indices shared with the kernel. Each is written by one side: ours are the submission tail and
// the completion head, the kernel's are the two others and the flags. A tail is stored with release
// after the entries before it are filled, and loaded with acquire before they are read; a head is
// stored with release after an entry was read, and loaded with acquire before it is filled again.
// The kernel's halves of the pairs are its smp_store_release and smp_load_acquire on these words
// (io_uring/io_uring.c: io_commit_cqring, io_get_sqe, io_commit_sqring).
inline unsigned load_acquire(const unsigned* shared) noexcept {
  return std::atomic_ref<unsigned>(*const_cast<unsigned*>(shared)).load(std::memory_order_acquire);
}
inline void store_release(unsigned* shared, unsigned value) noexcept {
  std::atomic_ref<unsigned>(*shared).store(value, std::memory_order_release);
}

/// How an entry names memory.
inline std::uintptr_t address_of(const void* memory) noexcept {
  return reinterpret_cast<std::uintptr_t>(memory);
}

/// The two rings that a process shares with the kernel, and the system calls on them. Knows nothing
/// of operations. Thread: that of the first `enter`; only `open` and the destructor may run on
/// another.
class uring_ring {
 public:
  uring_ring() noexcept = default;
  uring_ring(const uring_ring&) = delete;
  uring_ring& operator=(const uring_ring&) = delete;
  ~uring_ring();

  /// Makes the ring with the best flags that this kernel grants; `shared`: several threads will
  /// enter it, one at a time. 0 or a negated errno; -EINVAL
  /// and -ENOSYS mean that the kernel is older than Linux 6.0.
  int open(unsigned submissions, unsigned completions, bool shared) noexcept;

  /// io_uring_register. A count or a negated errno.
  int register_with(unsigned what, void* argument, unsigned count) noexcept;

  /// Whether the kernel knows `opcode`.
  bool supports(std::uint8_t opcode) noexcept;

  /// Whether completions are worked out only while we are in `enter` (Linux 6.1), instead of
  /// whenever this thread makes any system call.
  bool defers_task_work() const noexcept { return (flags_ & abi::setup_defer_taskrun) != 0; }

  /// A zeroed entry that goes to the kernel with the next `enter`. Whatever it points to stays in
  /// place until then. Where the ring is full it is handed over early.
  io_uring_sqe& next() noexcept;
  unsigned index_of(const io_uring_sqe& entry) const noexcept {
    return static_cast<unsigned>(&entry - sqes_);
  }
  unsigned capacity() const noexcept { return sq_mask_ + 1; }

  /// Hands over what `next` gave out and, where `block`, waits for a completion or `timeout`. One
  /// system call, or none where there is nothing to hand over, to wait for or to work out. 0, also
  /// where it was interrupted or the time passed, or a negated errno.
  int enter(bool block, duration timeout) noexcept;

  struct completion {
    std::uint64_t user_data;
    std::int32_t result;
    std::uint32_t flags;
  };
  /// Takes the oldest completion. False where there is none.
  bool pop(completion& out) noexcept {
    if (!has_completions()) return false;
    const io_uring_cqe& entry = cqes_[cq_head_ & cq_mask_];
    out = {.user_data = entry.user_data, .result = entry.res, .flags = entry.flags};
    store_release(cq_head_shared_, ++cq_head_);
    return true;
  }
  bool has_completions() const noexcept { return load_acquire(cq_tail_shared_) != cq_head_; }

 private:
  int map(const io_uring_params& p) noexcept;
  void fill_identity_array(const io_uring_params& p) noexcept;
  void hand_over() noexcept;
  int enable() noexcept;
  unsigned publish() noexcept;
  bool kernel_has_more() const noexcept;

  int fd_ = -1;
  unsigned flags_ = 0;
  bool enabled_ = false;

  // Private copies of the indices that only we write.
  unsigned sq_tail_ = 0;
  unsigned cq_head_ = 0;
  unsigned sq_mask_ = 0;
  unsigned cq_mask_ = 0;

  // Into the mapped rings. All indices run freely and are masked on use.
  unsigned* sq_head_shared_ = nullptr;
  unsigned* sq_tail_shared_ = nullptr;
  unsigned* sq_flags_shared_ = nullptr;
  unsigned* cq_head_shared_ = nullptr;
  unsigned* cq_tail_shared_ = nullptr;
  io_uring_sqe* sqes_ = nullptr;
  const io_uring_cqe* cqes_ = nullptr;

  void* rings_ = nullptr;
  std::size_t rings_size_ = 0;
  std::size_t sqes_size_ = 0;
};

}  // namespace rondo::io
