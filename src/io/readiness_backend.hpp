#pragma once

#include <cstdint>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/io/backend.hpp>
#include <rondo/io/poller.hpp>

#include "io/buffer_pool.hpp"
#include "io/op_ring.hpp"

namespace rondo::io {

/// Makes a backend of any poller: tries the system call first and waits only where it would block.
///
/// For each side of a descriptor it remembers whether a call may succeed. The call is tried where
/// it may; "would block" clears that, and so does a stream that gave or took less than was asked
/// (epoll(7), question 9), which saves the call that would only say "would block". What the poller
/// reports sets it again.
///
/// The kernel never holds a pointer to an op: a cancelled op is finished by the next `wait`, and a
/// descriptor is closed at once.
class readiness_backend final : public backend {
 public:
  /// `buffers`: how many `receive_some` may lend at once.
  explicit readiness_backend(owned<poller> p, std::uint32_t buffers = buffer_pool::limit);
  ~readiness_backend() override;

  submission submit(op& o) noexcept override;
  void cancel(op& o) noexcept override;
  void close(int fd) noexcept override;
  int closing() const noexcept override { return 0; }
  int wait(duration timeout, job_queue& completed) noexcept override;
  void wake() noexcept override { poller_->wake(); }
  void give_back(std::uint16_t buffer) noexcept override { pool_.give_back(buffer); }
  bool wants_nonblocking() const noexcept override { return true; }
  void for_each_pending(unique_function<void(const op&)> f) const override;
  const char* name() const noexcept override { return poller_->name(); }

  const buffer_pool& buffers() const noexcept { return pool_; }

 private:
  static constexpr int events_per_wait = 256;

  enum side : unsigned { reading, writing };
  static constexpr side side_of(op_kind kind) noexcept {
    return is_reading(kind) ? reading : writing;
  }
  static constexpr interest interest_of(side at) noexcept {
    return at == reading ? interest::read : interest::write;
  }

  /// What is known of a descriptor; one for each number up to the highest that was ever used.
  struct slot {
    op_ring waiting[2];                 // by side
    interest may = interest::both;      // which calls may succeed; `ended` stays until the close
    interest watched = interest::none;  // what the poller was told last
    bool connecting = false;            // the oldest writing op is a connect that has been started
    bool starved = false;               // in the list of those that wait for a buffer
    std::int32_t next_starved = -1;
  };
  static_assert(sizeof(slot) == 24);

  static submission done(op& o, int result) noexcept;
  static void note(slot& s, int result, int asked, interest side) noexcept;
  submission submit_first(op& o) noexcept;
  submission try_at_once(op& o, slot& s) noexcept;
  submission enqueue(op& o, slot& s) noexcept;
  submission watch_for(op& o, slot& s) noexcept;
  int make_room(int fd) noexcept;
  int attempt(op& o, slot& s) noexcept;
  int attempt_seldom(op& o, slot& s) noexcept;
  int send(op& o, slot& s) noexcept;
  int lend(op& o, slot& s) noexcept;
  int connect(op& o, slot& s) noexcept;
  void serve(int fd, slot& s) noexcept;
  void serve_side(slot& s, side at) noexcept;
  int update_watch(int fd, slot& s) noexcept;
  void finish(op& o, int result) noexcept;
  void finish_unserved(op& o, int result) noexcept;
  void finish_all(slot& s, int result) noexcept;
  void starve(int fd, slot& s) noexcept;
  void feed_starved() noexcept;

  owned<poller> poller_;
  const bool edge_triggered_;
  bool feeding_ = false;   // the one being served has waited for its buffer already
  slot* slots_ = nullptr;  // those of `storage_`, by descriptor
  std::uint32_t slot_count_ = 0;
  std::vector<slot> storage_;
  job_queue finished_;
  buffer_pool pool_;
  std::int32_t first_starved_ = -1;
  std::int32_t last_starved_ = -1;
  readiness ready_[events_per_wait];  // what the poller has told last
};

}  // namespace rondo::io
