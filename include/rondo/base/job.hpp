#pragma once

#include <cstdint>

namespace rondo {

/// Whatever waits for its turn: sixteen bytes, part of the object that waits, linked into exactly
/// one queue at a time. A finished I/O operation, a coroutine to resume, a posted callback and a
/// due timer are all jobs, so one queue type serves every phase and queueing never allocates.
///
/// Lifetime: the owner keeps the job alive and in place while it is queued. `run` may destroy it.
struct job {
  using run_function = void (*)(job&);

  job() noexcept = default;
  explicit job(run_function f) noexcept : run(f) {}

  job* next = nullptr;         ///< the queue's; meaningless outside one
  run_function run = nullptr;  ///< may throw: the loop hands what it throws to `on_uncaught`
};

/// First in, first out, of jobs. Not thread-safe.
class job_queue {
 public:
  job_queue() noexcept = default;
  job_queue(const job_queue&) = delete;
  job_queue& operator=(const job_queue&) = delete;

  bool empty() const noexcept { return head_ == nullptr; }

  /// Linear.
  std::uint64_t size() const noexcept {
    std::uint64_t n = 0;
    for (const job* j = head_; j != nullptr; j = j == tail_ ? nullptr : j->next) ++n;
    return n;
  }

  void push(job& j) noexcept {
    j.next = nullptr;
    if (head_ == nullptr) {
      head_ = &j;
    } else {
      tail_->next = &j;
    }
    tail_ = &j;
  }

  /// Puts `j` before all others.
  void push_front(job& j) noexcept {
    j.next = head_;
    if (head_ == nullptr) tail_ = &j;
    head_ = &j;
  }

  /// The oldest job, or null.
  job* pop() noexcept {
    job* const j = head_;
    if (j != nullptr) head_ = j->next;
    return j;
  }

  /// Moves all of `other`, which is another queue, behind what is here.
  void append(job_queue& other) noexcept {
    if (other.head_ == nullptr) return;
    if (head_ == nullptr) {
      head_ = other.head_;
    } else {
      tail_->next = other.head_;
    }
    tail_ = other.tail_;
    other.head_ = nullptr;
  }

  /// Takes `j` out of the middle. False where it was not queued here. Linear.
  bool remove(job& j) noexcept {
    for (job *before = nullptr, *at = head_; at != nullptr; before = at, at = at->next) {
      if (at != &j) continue;
      (before == nullptr ? head_ : before->next) = j.next;
      if (tail_ == &j) tail_ = before;
      return true;
    }
    return false;
  }

 private:
  job* head_ = nullptr;
  job* tail_ = nullptr;  // meaningless while head_ is null
};

}  // namespace rondo
