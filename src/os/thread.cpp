// pthreads, without what std::thread lacks: a name, a stack of a given size, a signal mask that
// stands before the first instruction, and a failure that is a number instead of an exception.
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <new>
#include <type_traits>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/os/signals.hpp>
#include <rondo/os/thread.hpp>
#include <rondo/os/thread_watch.hpp>

#include "os/signal_stack.hpp"

namespace rondo::os {

static_assert(std::is_same_v<pthread_t, unsigned long>);

namespace {

/// All but those that the kernel sends to the very thread that made a mistake, and the one by which
/// a thread is asked for its stack.
constexpr signal_mask asynchronous_signals = [] {
  signal_mask mask = ~signal_mask{0};
  for (const int fault :
       {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, stack_signal}) {
    mask &= ~(signal_mask{1} << (fault - 1));
  }
  return mask;
}();

struct launch {
  thread::body_function body = nullptr;
  void* argument = nullptr;
};

void* run_with_signal_stack(void* given) noexcept {
  const launch what = *static_cast<launch*>(given);
  delete static_cast<launch*>(given);
  const detail::signal_stack stack;
  return what.body(what.argument);
}

}  // namespace

thread::~thread() {
  RONDO_ASSERT(!started_);  // neither joined nor detached
}

int thread::start(body_function body, void* argument, const thread_options& options) noexcept {
  RONDO_ASSERT(!started_);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  int failed = 0;
  if (options.stack_bytes > 0) failed = pthread_attr_setstacksize(&attributes, options.stack_bytes);
  if (failed == 0) {
    // A new thread inherits the mask, so none of its instructions ever runs without it.
    const signal_mask before = block_signals(asynchronous_signals);
    auto* const with_stack =
        detail::wants_signal_stacks() ? new (std::nothrow) launch{body, argument} : nullptr;
    failed = with_stack == nullptr
                 ? pthread_create(&id_, &attributes, body, argument)
                 : pthread_create(&id_, &attributes, &run_with_signal_stack, with_stack);
    if (failed != 0) delete with_stack;
    restore_signals(before);
  }
  pthread_attr_destroy(&attributes);
  if (failed != 0) return -failed;
  started_ = true;
  char name[16] = {};  // the kernel refuses longer ones
  for (std::size_t i = 0; i + 1 < sizeof name && options.name[i] != '\0'; ++i) {
    name[i] = options.name[i];
  }
  pthread_setname_np(id_, name);
  return 0;
}

void thread::join() noexcept {
  RONDO_ASSERT(started_);
  started_ = false;
  pthread_join(id_, nullptr);
}

void thread::detach() noexcept {
  RONDO_ASSERT(started_);
  started_ = false;
  pthread_detach(id_);
}

int processors() noexcept {
  cpu_set_t usable;
  if (sched_getaffinity(0, sizeof usable, &usable) != 0) return 1;  // more of them than fit a set
  const int count = CPU_COUNT(&usable);
  return count > 0 ? count : 1;
}

processor_pin::processor_pin(int number) noexcept {
  static_assert(sizeof before_ == sizeof(cpu_set_t));
  auto& usable = reinterpret_cast<cpu_set_t&>(before_);
  if (sched_getaffinity(0, sizeof usable, &usable) != 0) return;
  int left = number % CPU_COUNT(&usable);
  int processor = 0;
  while (!CPU_ISSET(processor, &usable) || left-- > 0) ++processor;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  pinned_ = sched_setaffinity(0, sizeof one, &one) == 0;
}

processor_pin::~processor_pin() {
  if (pinned_) sched_setaffinity(0, sizeof before_, reinterpret_cast<cpu_set_t*>(&before_));
}

}  // namespace rondo::os
