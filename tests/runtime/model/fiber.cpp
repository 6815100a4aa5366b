// Stacks that are switched by the C library's contexts, with word to the sanitizers.
#include "runtime/model/fiber.hpp"

#include <cstdint>

#include <rondo/base/sanitizers.hpp>

#if RONDO_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#elif RONDO_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace rondo::model {
namespace {

/// The stack from which fibers are resumed: the thread's own.
struct origin {
  ucontext_t context;
  void* sanitizers = nullptr;
  const void* stack = nullptr;
  std::size_t bytes = 0;
};
thread_local origin outside;

constexpr unsigned restarts_of_one_stack = 1'000;

// What the sanitizers must be told. `kept` is theirs, of the stack that is left or come to.

void create([[maybe_unused]] void*& kept) {
#if RONDO_TSAN
  kept = __tsan_create_fiber(0);
#endif
}

void destroy([[maybe_unused]] void*& kept) {
#if RONDO_TSAN
  if (kept != nullptr) __tsan_destroy_fiber(kept);
  kept = nullptr;
#endif
}

void leave_for([[maybe_unused]] void*& kept, [[maybe_unused]] const void* stack,
               [[maybe_unused]] std::size_t bytes, [[maybe_unused]] void* other) {
#if RONDO_ASAN
  __sanitizer_start_switch_fiber(&kept, stack, bytes);
#elif RONDO_TSAN
  __tsan_switch_to_fiber(other, 0);
#endif
}

void arrive([[maybe_unused]] void* kept) {
#if RONDO_ASAN
  __sanitizer_finish_switch_fiber(kept, nullptr, nullptr);
#endif
}

}  // namespace

fiber::fiber() : stack_(new std::byte[stack_bytes]) {}

fiber::~fiber() {
  destroy(sanitizers_);
}

void fiber::restart(body_function body, void* argument) {
  body_ = body;
  argument_ = argument;
#if RONDO_ASAN
  __asan_unpoison_memory_region(stack_.get(), stack_bytes);  // of frames that were dropped
#endif
  // The thread sanitizer's stack of calls grows by the frames that are dropped; but a new one is
  // dear.
  if (restarts_++ % restarts_of_one_stack == 0) {
    destroy(sanitizers_);
    create(sanitizers_);
  }
  getcontext(&inside_);
  inside_.uc_stack.ss_sp = stack_.get();
  inside_.uc_stack.ss_size = stack_bytes;
  inside_.uc_link = nullptr;
  // makecontext passes ints only.
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&inside_, reinterpret_cast<void (*)()>(&fiber::enter), 2,
              static_cast<unsigned>(self >> 32U), static_cast<unsigned>(self));
}

void fiber::enter(unsigned high, unsigned low) {
  auto& self = *reinterpret_cast<fiber*>(std::uintptr_t{high} << 32U | low);
#if RONDO_ASAN
  __sanitizer_finish_switch_fiber(self.sanitizers_, &outside.stack, &outside.bytes);
#endif
  self.body_(self.argument_);
}

void fiber::resume() {
#if RONDO_TSAN
  outside.sanitizers = __tsan_get_current_fiber();
#endif
  leave_for(outside.sanitizers, stack_.get(), stack_bytes, sanitizers_);
  swapcontext(&outside.context, &inside_);
  arrive(outside.sanitizers);
}

void fiber::suspend() {
  leave_for(sanitizers_, outside.stack, outside.bytes, outside.sanitizers);
  swapcontext(&inside_, &outside.context);
  arrive(sanitizers_);
}

void fiber::hand_over(fiber& other) {
  leave_for(sanitizers_, other.stack_.get(), stack_bytes, other.sanitizers_);
  swapcontext(&inside_, &other.inside_);
  arrive(sanitizers_);
}

}  // namespace rondo::model
