#pragma once

#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include <rondo/io/backend.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/io/file_call.hpp>
#include <rondo/os/fd.hpp>

#include "io/uring_buffers.hpp"
#include "io/uring_ring.hpp"
#include "io/uring_slots.hpp"

namespace rondo::io {

/// The backend itself, in five files: uring_engine.cpp (submit, cancel, close, wait, the end),
/// uring_streams.cpp (the reading side and the multishot requests that serve it), uring_single.cpp
/// (one operation, one request), uring_files.cpp (calls of the file system), uring_backend.cpp
/// (making it, and why that may fail).
class uring_engine final : public backend {
 public:
  uring_engine() noexcept = default;
  ~uring_engine() override;

  /// 0 or a negated errno. Nothing else may be called after a failure.
  int open(sharing how) noexcept;
  bool defers_task_work() const noexcept { return ring_.defers_task_work(); }

  submission submit(op& o) noexcept override;
  void cancel(op& o) noexcept override;
  void close(int fd) noexcept override;
  int closing() const noexcept override { return closing_; }
  int wait(duration timeout, job_queue& completed) noexcept override;
  void wake() noexcept override;
  void give_back(std::uint16_t buffer) noexcept override;
  bool takes(os::file_call_kind call) const noexcept override;
  bool wants_nonblocking() const noexcept override { return false; }
  void for_each_pending(unique_function<void(const op&)> f) const override;
  const char* name() const noexcept override { return "uring"; }

 private:
  // What a completion is about: the low three bits of its user_data. Above them the address of the
  // op (which leaves them free), or the descriptor.
  enum class tag : unsigned {
    single,       ///< an op: its own request
    bytes,        ///< a descriptor: multishot receive
    connections,  ///< a descriptor: multishot accept
    wake,
    nobody,  ///< a cancel that failed: its target was quicker
  };
  static constexpr std::uint64_t tag_mask = 7;
  static std::uint64_t label(const op& o, tag t) noexcept {
    return reinterpret_cast<std::uintptr_t>(&o) | static_cast<unsigned>(t);
  }
  static std::uint64_t label(int fd, tag t) noexcept {
    return std::uint64_t{static_cast<unsigned>(fd)} << 3 | static_cast<unsigned>(t);
  }
  static op& op_of(std::uint64_t user_data) noexcept {
    return *reinterpret_cast<op*>(static_cast<std::uintptr_t>(user_data & ~tag_mask));
  }
  static int fd_of(std::uint64_t user_data) noexcept { return static_cast<int>(user_data >> 3); }

  // uring_engine.cpp
  void dispatch(const uring_ring::completion& c) noexcept;
  io_uring_sqe& request(std::uint8_t opcode, int fd, std::uint64_t user_data) noexcept;
  void request_cancel(std::uint64_t user_data) noexcept;
  void cancel_in_kernel(op& o) noexcept;
  void cancel_all(op_ring& side) noexcept;
  void finish(op& o, std::int32_t result) noexcept;
  void go_on_writing(uring_slot& s) noexcept;
  void close_if_released(uring_slot& s, int fd) noexcept;
  void arm_wake() noexcept;
  void on_wake(const uring_ring::completion& c) noexcept;
  void drain() noexcept;

  // uring_single.cpp
  bool try_messages(op& o) noexcept;
  void ask_kernel(op& o) noexcept;
  void on_single(op& o, const uring_ring::completion& c) noexcept;
  void settle(op& o, uring_slot& s, std::int32_t result) noexcept;

  // uring_files.cpp
  submission submit_call(op& o) noexcept;
  void on_call(op& o, std::int32_t result) noexcept;
  bool cancel_calls_on(int fd) noexcept;
  bool has_call_on(int fd) const noexcept;

  // uring_streams.cpp
  bool serve(op& o, uring_slot& s) noexcept;
  void go_on_reading(uring_slot& s, int fd) noexcept;
  void start_reading(op& o, uring_slot& s, int fd) noexcept;
  void arm(op& o, uring_slot& s, int fd) noexcept;
  void arm_bytes(uring_slot& s, int fd) noexcept;
  void arm_connections(uring_slot& s, int fd) noexcept;
  void cancel_stream(uring_slot& s, int fd) noexcept;
  void on_bytes(int fd, const uring_ring::completion& c) noexcept;
  void on_connection(int fd, const uring_ring::completion& c) noexcept;
  void stream_over(uring_slot& s, std::int32_t result) noexcept;
  void keep_chunk(uring_slot& s, int fd, std::uint16_t id) noexcept;
  void keep_connection(uring_slot& s, int fd, int connection) noexcept;
  void note_crowd(uring_slot& s, int fd) noexcept;
  void throttle() noexcept;
  void feed() noexcept;
  int take_connection(uring_slot& s) noexcept;
  void lend_chunk(op& o, uring_slot& s) noexcept;
  void copy_chunks(op& o, uring_slot& s) noexcept;
  void forget_chunk(uring_slot& s) noexcept;
  void drop_kept(uring_slot& s) noexcept;

  // The buffers outlive the ring: the kernel may write into them until the ring is closed.
  uring_buffers buffers_;
  uring_ring ring_;
  uring_slots slots_;
  job_queue ready_;  ///< finished, for the next `wait` to hand out

  /// For send_vector: headers by the index of their entry. The kernel copies a header, and the
  /// vector that it names, before `enter` returns (FEAT_SUBMIT_STABLE), so one lives exactly as
  /// long as its entry. Made at the first use.
  std::unique_ptr<msghdr[]> headers_;

  intrusive_list<file_call> calls_;  ///< of the file system, which the kernel has
  bool can_truncate_ = false;        ///< Linux 6.9

  std::vector<int> crowded_;   ///< descriptors whose kept things reached the mark in this turn
  std::vector<int> starving_;  ///< descriptors whose stream waits for a buffer to come back
  int closing_ = 0;
  std::uint64_t in_kernel_ = 0;  ///< requests whose last completion has not come yet

  os::fd wake_fd_;
  /// True from a `wake` until the loop's thread has seen it: many wakes, one write. Set by any
  /// thread, cleared by the loop's. The two exchanges (acq_rel) are ordered: a waker that finds
  /// `true` knows that the clearing exchange comes later and synchronises with what it did
  /// before; one that finds `false` comes after the clearing and writes to the eventfd again.
  std::atomic<bool> wake_asked_ = false;
};

}  // namespace rondo::io
