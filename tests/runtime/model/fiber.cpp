// Stacks that are switched by the C library's contexts, with word to the sanitizers.
#include "runtime/model/fiber.hpp"

#include <cstdint>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RONDO_TEST_ASAN 1
#elif __has_feature(thread_sanitizer)
#define RONDO_TEST_TSAN 1
#endif
#endif

#if defined(RONDO_TEST_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#elif defined(RONDO_TEST_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace rondo::model {

fiber::fiber() : stack_(new std::byte[stack_bytes]) {}

fiber::~fiber() {
#if defined(RONDO_TEST_TSAN)
  if (inner_ != nullptr) __tsan_destroy_fiber(inner_);
#endif
}

void fiber::restart(body_function body, void* argument) {
  body_ = body;
  argument_ = argument;
#if defined(RONDO_TEST_ASAN)
  __asan_unpoison_memory_region(stack_.get(), stack_bytes);  // of frames that were dropped
#elif defined(RONDO_TEST_TSAN)
  if (inner_ != nullptr) __tsan_destroy_fiber(inner_);
  inner_ = __tsan_create_fiber(0);
#endif
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
  self.arrive_inside();
  self.body_(self.argument_);
}

void fiber::arrive_inside() {
#if defined(RONDO_TEST_ASAN)
  __sanitizer_finish_switch_fiber(inner_, &outer_stack_, &outer_bytes_);
#endif
}

void fiber::resume() {
#if defined(RONDO_TEST_ASAN)
  __sanitizer_start_switch_fiber(&outer_, stack_.get(), stack_bytes);
#elif defined(RONDO_TEST_TSAN)
  outer_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(inner_, 0);
#endif
  swapcontext(&outside_, &inside_);
#if defined(RONDO_TEST_ASAN)
  __sanitizer_finish_switch_fiber(outer_, nullptr, nullptr);
#endif
}

void fiber::suspend() {
#if defined(RONDO_TEST_ASAN)
  __sanitizer_start_switch_fiber(&inner_, outer_stack_, outer_bytes_);
#elif defined(RONDO_TEST_TSAN)
  __tsan_switch_to_fiber(outer_, 0);
#endif
  swapcontext(&inside_, &outside_);
  arrive_inside();
}

}  // namespace rondo::model
