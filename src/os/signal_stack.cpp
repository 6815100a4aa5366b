// Stacks for signals. Sanitizers give their threads one, and take it back themselves.
#include "os/signal_stack.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <atomic>
#include <cstddef>

namespace rondo::os::detail {

namespace {

// Room for the registers of any processor (AT_MINSIGSTKSZ is some 11 KiB with AMX), and a handler.
constexpr std::size_t stack_bytes = 64 * 1024;

std::atomic<bool> wanted{false};

void* give_stack() noexcept {
  stack_t now = {};
  if (sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return nullptr;
  void* const memory =
      ::mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  const stack_t ours = {.ss_sp = memory, .ss_flags = 0, .ss_size = stack_bytes};
  if (sigaltstack(&ours, nullptr) == 0) return memory;
  ::munmap(memory, stack_bytes);
  return nullptr;
}

}  // namespace

void begin_signal_stacks() noexcept {
  give_stack();
  wanted.store(true, std::memory_order_relaxed);
}

void end_signal_stacks() noexcept {
  wanted.store(false, std::memory_order_relaxed);
}

bool wants_signal_stacks() noexcept {
  return wanted.load(std::memory_order_relaxed);
}

signal_stack::signal_stack() noexcept : memory_(give_stack()) {}

signal_stack::~signal_stack() {
  if (memory_ == nullptr) return;
  const stack_t none = {.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
  sigaltstack(&none, nullptr);
  ::munmap(memory_, stack_bytes);
}

}  // namespace rondo::os::detail
