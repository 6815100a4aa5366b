#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include <rondo/base/time.hpp>

/// One thread looks at another of the same process: what it does, what it has used, where it is.
/// "Id" is the kernel's number of a thread. Any thread; results are "a number, or the negated
/// errno".
namespace rondo::os {

/// Of the calling thread. Costs a system call only the first time, and the first after a fork.
int this_thread_id() noexcept;
/// As debuggers show it; "" where there is no such thread.
std::string thread_name(int id);

/// What the kernel's scheduler says of a thread.
enum class thread_activity : std::uint8_t {
  unknown,
  runs,     ///< or would, if a processor were free
  waits,    ///< in a system call
  stopped,  ///< by a signal or a debugger
};
thread_activity activity_of(int id) noexcept;
/// The processor time that a thread has used, in nanoseconds.
std::int64_t cpu_ns_of(int id) noexcept;
/// How long a thread could have run and had no processor, in nanoseconds. What it waits for just
/// now is not in it.
std::int64_t starved_ns_of(int id) noexcept;
/// Whether a debugger, or a tracer like strace, is attached to this process.
bool is_traced() noexcept;

/// The real-time signal by which a thread is asked for its stack; threads of os::thread don't block
/// it. From the far end of the range, where few programs take theirs.
inline constexpr int stack_signal = 61;
/// Given what the processor's registers held, as words somewhere among others.
using stack_answer = void (*)(const void* registers, std::size_t size) noexcept;
/// Once: what a thread does that gets it; on its alternative stack where it has one. System calls
/// go on afterwards where they can. For ever, since a signal may be late. EBUSY where the program
/// does something else with it.
int answer_stack_signal(stack_answer answer) noexcept;
/// Sends it to one thread.
int ask_for_stack(int id) noexcept;

/// Copies bytes of this process that may not be there: 0, or EFAULT, and no crash. In a signal
/// handler, too. ENOSYS or EPERM where the system does not let us.
int read_memory(const void* from, void* to, std::size_t size) noexcept;

/// Waits while `word` is `expected`, until `wake_waiter`; or nobody knows why. Saturates at about a
/// day. ETIMEDOUT where the time has passed.
int wait_on(std::atomic<std::uint32_t>& word, std::uint32_t expected, duration at_most) noexcept;
/// In a signal handler, too.
void wake_waiters(std::atomic<std::uint32_t>& word) noexcept;

/// Prepares `fence_everywhere`. Negative where the kernel has no such thing.
int prepare_fence_everywhere() noexcept;
/// A full memory barrier in each thread of the process, at its own present instruction.
void fence_everywhere() noexcept;

/// Calls these around each fork, for ever: before it, then after it in the parent or in the child.
int around_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) noexcept;

}  // namespace rondo::os
