#pragma once

namespace rondo::os::detail {

/// From here on, or no more: threads of `os::thread` are begun with a stack for signals. The
/// calling thread gets one, which is never taken back.
void begin_signal_stacks() noexcept;
void end_signal_stacks() noexcept;
bool wants_signal_stacks() noexcept;

/// While it lives the calling thread has a stack for signals, so that a handler can run when its
/// own stack is full: its own, or one that somebody else has given it already.
class signal_stack {
 public:
  signal_stack() noexcept;
  signal_stack(const signal_stack&) = delete;
  ~signal_stack();

 private:
  void* memory_ = nullptr;
};

}  // namespace rondo::os::detail
