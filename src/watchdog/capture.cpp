// A thread that is stuck writes down where it is. It is asked by a signal, since nobody else can
// read its stack; the handler allocates nothing, takes no lock and writes into memory that lies
// ready. `_Unwind_Backtrace` keeps to that with glibc, which finds the tables of a function without
// a lock (`_dl_find_object`, from 2.35 on).
#include "watchdog/capture.hpp"

#include <unwind.h>

#include <atomic>

#include <rondo/os/clock.hpp>
#include <rondo/os/thread_watch.hpp>

namespace rondo::watchdog {

namespace {

enum stage : std::uint32_t { nobody, asked, writes, has_written };

/// One request at a time. Written by the watcher while nobody is asked, then by the thread that is.
struct slot {
  std::atomic<int> thread{0};  // of the request: who is not asked must not look at the rest
  request what;
  facts* into;
  /// asked by the watcher (release), taken by the thread or back by the watcher (acquire), and
  /// has_written by the thread (release).
  std::atomic<std::uint32_t> at{nobody};
};
constinit slot only{};
constinit bool is_handled = false;
/// How long a thread may take to answer: one that can't be interrupted never does.
constexpr duration patience = duration::milliseconds(500);

_Unwind_Reason_Code note_frame(_Unwind_Context* frame, void* argument) {
  facts& into = *static_cast<facts*>(argument);
  int is_interrupted = 0;
  const std::uintptr_t ip = _Unwind_GetIPInfo(frame, &is_interrupted);
  if (ip == 0) return _URC_END_OF_STACK;
  if (is_interrupted != 0) {
    into.depth = 0;  // above it there are only the handler and the kernel
    into.stack_begin = _Unwind_GetCFA(frame);
  }
  if (into.depth == facts::most_addresses) return _URC_END_OF_STACK;
  // A return address belongs to the call before it, which may be of another line.
  const std::uintptr_t address = is_interrupted != 0 ? ip : ip - 1;
  void* const within = reinterpret_cast<void*>(address);
  into.functions[into.depth] =
      reinterpret_cast<std::uintptr_t>(_Unwind_FindEnclosingFunction(within));
  into.addresses[into.depth++] = address;
  into.stack_end = _Unwind_GetCFA(frame);
  return _URC_NO_REASON;
}

void answer(const void* registers, std::size_t size) noexcept {
  std::uint32_t expected = asked;
  if (only.thread.load(std::memory_order_relaxed) != os::this_thread_id()) return;
  if (!only.at.compare_exchange_strong(expected, writes, std::memory_order_acquire)) return;
  const request& what = only.what;
  if (what.of->count() == what.count) {
    _Unwind_Backtrace(&note_frame, only.into);
    only.into->registers = registers;
    only.into->registers_size = size;
    what.describe(*what.of, *only.into);
  }
  only.at.store(has_written, std::memory_order_release);
  os::wake_waiters(only.at);
}

}  // namespace

void prepare_capture() noexcept {
  facts unused;
  _Unwind_Backtrace(&note_frame, &unused);  // whatever it does the first time only, it does here
  is_handled = os::answer_stack_signal(&answer) == 0;
}

const char* capture(const request& what, facts& into) noexcept {
  if (!is_handled) return "the program handles signal 61 itself";
  only.thread.store(what.thread, std::memory_order_relaxed);
  only.what = what;
  only.into = &into;
  only.at.store(asked, std::memory_order_release);
  if (os::ask_for_stack(what.thread) != 0) {
    only.at.store(nobody, std::memory_order_relaxed);
    return "the thread can't be reached";
  }
  const instant until = real_clock().now() + patience;
  for (;;) {
    std::uint32_t at = only.at.load(std::memory_order_acquire);
    if (at == has_written) break;
    const duration left = until - real_clock().now();
    if (left > duration()) {
      os::wait_on(only.at, at, left);
    } else if (at == asked &&
               only.at.compare_exchange_strong(at, nobody, std::memory_order_acquire)) {
      return "the thread does not answer: it blocks signal 61, or is in a system call that can't "
             "be "
             "interrupted";
    } else {
      os::wait_on(only.at, at, patience);  // it writes, and has lost its processor
    }
  }
  only.at.store(nobody, std::memory_order_relaxed);
  return into.depth > 0 ? nullptr : "the call had ended when the thread was asked";
}

}  // namespace rondo::watchdog
