#pragma once

#include <cstddef>

namespace rondo::os {

/// What a thread is made with.
struct thread_options {
  thread_options() noexcept = default;
  explicit thread_options(const char* called, std::size_t stack = 0) noexcept
      : name(called), stack_bytes(stack) {}

  /// What debuggers and `top -H` show. The kernel keeps the first 15 characters.
  const char* name = "rondo";
  /// 0: what the system gives (`ulimit -s`).
  std::size_t stack_bytes = 0;
};

/// A thread of the system that takes no signals, so that they reach the threads that expect them.
/// (Only those by which a thread reports its own fault stay unblocked.) Joined or detached before
/// it is destroyed.
class thread {
 public:
  using body_function = void* (*)(void* argument) noexcept;

  thread() noexcept = default;
  thread(const thread&) = delete;
  thread& operator=(const thread&) = delete;
  ~thread();

  /// Runs `body(argument)` on a new thread; what it returns is dropped. 0, or the negated errno:
  /// EAGAIN where the system has no room for one more thread.
  int start(body_function body, void* argument, const thread_options& options) noexcept;

  /// Whether it was started, and neither joined nor detached since.
  bool is_joinable() const noexcept { return started_; }
  /// Waits until the body has returned.
  void join() noexcept;
  /// From now on it goes by itself.
  void detach() noexcept;

 private:
  unsigned long id_ = 0;  // pthread_t, which a public header can't name
  bool started_ = false;
};

/// How many threads can run at once here: the processors that this process may use. At least 1.
int processors() noexcept;

/// Keeps the calling thread on one processor while this lives, and lets it go where it might before
/// when this dies, on the same thread.
class processor_pin {
 public:
  /// On the `number`-th of those that the thread may use; beyond the last it begins anew. Where the
  /// system refuses, nothing changes.
  explicit processor_pin(int number) noexcept;
  processor_pin(const processor_pin&) = delete;
  ~processor_pin();

  /// Whether the system has agreed.
  bool is_pinned() const noexcept { return pinned_; }

 private:
  unsigned long before_[16] = {};  // a cpu_set_t, which a public header can't name
  bool pinned_ = false;
};

}  // namespace rondo::os
