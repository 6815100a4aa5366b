// One thread looks at another. The kernel's files are read with plain calls and no descriptor is
// kept, since who watches must not show up among what is watched.
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <rondo/os/thread_watch.hpp>

namespace rondo::os {

namespace {

/// The beginning of a small file of /proc; "" where it can't be read.
std::string_view read_file(const char* path, char* into, std::size_t room) noexcept {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  const ssize_t size = ::read(fd, into, room);
  ::close(fd);
  return {into, size > 0 ? static_cast<std::size_t>(size) : 0};
}

std::string_view read_of_thread(int id, const char* what, char* into, std::size_t room) noexcept {
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/task/%d/%s", id, what);
  return read_file(path, into, room);
}

long futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value,
           const timespec* timeout) noexcept {
  return ::syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, timeout, nullptr, 0);
}

constinit thread_local int known_id = 0;

constinit stack_answer answer_in_use = nullptr;  // set once, before the first signal

void stack_is_asked_for(int, siginfo_t*, void* context) noexcept {
  const int kept = errno;
  const mcontext_t& processor = static_cast<const ucontext_t*>(context)->uc_mcontext;
  answer_in_use(&processor, sizeof processor);
  errno = kept;
}

}  // namespace

int this_thread_id() noexcept {
  if (known_id != 0) [[likely]]
    return known_id;
  static const int forgotten_in_children = pthread_atfork(nullptr, nullptr, [] { known_id = 0; });
  static_cast<void>(forgotten_in_children);
  return known_id = static_cast<int>(::syscall(SYS_gettid));
}

std::string thread_name(int id) {
  char text[32];
  std::string_view name = read_of_thread(id, "comm", text, sizeof text);
  if (name.ends_with('\n')) name.remove_suffix(1);
  return std::string(name);
}

thread_activity activity_of(int id) noexcept {
  char text[256];
  const std::string_view all = read_of_thread(id, "stat", text, sizeof text);
  // "12 (a name, with anything in it) S ..."
  const std::size_t end_of_name = all.rfind(')');
  if (end_of_name == all.npos || end_of_name + 2 >= all.size()) return thread_activity::unknown;
  switch (all[end_of_name + 2]) {
    case 'R':
      return thread_activity::runs;
    case 'S':
    case 'D':
      return thread_activity::waits;
    case 'T':
    case 't':
      return thread_activity::stopped;
    default:
      return thread_activity::unknown;
  }
}

std::int64_t cpu_ns_of(int id) noexcept {
  // clock_getcpuclockid makes such a number for a process; pthread_getcpuclockid needs a pthread_t,
  // which is not valid once the thread has gone.
  constexpr int per_thread = 4, scheduled = 2;
  const auto clock =
      static_cast<clockid_t>((~static_cast<unsigned>(id) << 3) | per_thread | scheduled);
  timespec used;
  if (::clock_gettime(clock, &used) != 0) return -errno;
  return static_cast<std::int64_t>(used.tv_sec) * 1'000'000'000 + used.tv_nsec;
}

std::int64_t starved_ns_of(int id) noexcept {
  char text[96];
  const std::string_view all = read_of_thread(id, "schedstat", text, sizeof text - 1);
  if (all.empty()) return -ENOENT;
  text[all.size()] = '\0';
  char* second = nullptr;  // "used starved slices"
  std::strtoll(text, &second, 10);
  return std::strtoll(second, nullptr, 10);
}

bool is_traced() noexcept {
  char text[4096];
  const std::string_view all = read_file("/proc/self/status", text, sizeof text);
  constexpr std::string_view key = "TracerPid:\t";
  const std::size_t at = all.find(key);
  return at != all.npos && at + key.size() < all.size() && all[at + key.size()] != '0';
}

int answer_stack_signal(stack_answer answer) noexcept {
  struct sigaction before = {};
  if (::sigaction(stack_signal, nullptr, &before) != 0) return -errno;
  if (before.sa_sigaction == &stack_is_asked_for) return 0;
  if (before.sa_handler != SIG_DFL) return -EBUSY;
  answer_in_use = answer;
  struct sigaction ours = {};
  ours.sa_sigaction = &stack_is_asked_for;
  ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  ::sigfillset(&ours.sa_mask);
  return ::sigaction(stack_signal, &ours, nullptr) != 0 ? -errno : 0;
}

int ask_for_stack(int id) noexcept {
  return ::syscall(SYS_tgkill, ::getpid(), id, stack_signal) != 0 ? -errno : 0;
}

int read_memory(const void* from, void* to, std::size_t size) noexcept {
  const iovec local = {to, size};
  const iovec remote = {const_cast<void*>(from), size};
  // The system call itself: a sanitizer would look into the memory beforehand.
  const long got = ::syscall(SYS_process_vm_readv, ::getpid(), &local, 1UL, &remote, 1UL, 0UL);
  if (got < 0) return -errno;
  return static_cast<std::size_t>(got) == size ? 0 : -EFAULT;
}

int wait_on(std::atomic<std::uint32_t>& word, std::uint32_t expected, duration at_most) noexcept {
  timespec limit;
  const timespec* until = nullptr;
  if (at_most != duration::max()) {
    limit.tv_sec = static_cast<time_t>(at_most.count_ns() / 1'000'000'000);
    limit.tv_nsec = static_cast<long>(at_most.count_ns() % 1'000'000'000);
    until = &limit;
  }
  return futex(word, FUTEX_WAIT, expected, until) != 0 ? -errno : 0;
}

void wake_waiters(std::atomic<std::uint32_t>& word) noexcept {
  const int kept = errno;  // it may be a signal handler that calls
  futex(word, FUTEX_WAKE, INT32_MAX, nullptr);
  errno = kept;
}

int prepare_fence_everywhere() noexcept {
  const long done = ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
  return done != 0 ? -errno : 0;
}

void fence_everywhere() noexcept {
  ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

int around_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) noexcept {
  return -pthread_atfork(before, in_parent, in_child);
}

}  // namespace rondo::os
