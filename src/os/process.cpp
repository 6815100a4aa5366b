// Starting a program. The child borrows the memory of this process until it executes (CLONE_VM), so
// that nothing is copied, and this thread sleeps meanwhile (CLONE_VFORK). The rules of that loan:
//  - Between clone and exec the child makes system calls and nothing else. It calls none of the C
//    library's wrappers that keep books in memory: setuid would stop the threads of the parent,
//    sigaction would confuse a sanitizer that lives in both.
//  - No signal handler may run in the child, on the memory of the parent: all signals are blocked
//    from before the clone until the child has set them to their defaults.
//  - What it changes of itself must not be shared: the tables of descriptors and of handlers, the
//    working directory and the umask are copies, since CLONE_FILES, CLONE_SIGHAND and CLONE_FS are
//    not given. But the memory knows whether it may be dumped and traced, and setuid takes that
//    away, from the parent as well: to change the user the child gets a copy of the memory.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include <rondo/base/sanitizers.hpp>
#include <rondo/os/process.hpp>

// ThreadSanitizer takes every clone for a fork, after which its own books, which parent and child
// share here, are closed twice. The C library has the same function under a name that it leaves
// alone.
#if RONDO_TSAN
#define RONDO_CLONE "__clone"
#else
#define RONDO_CLONE "clone"
#endif
extern "C" int rondo_clone(int (*function)(void*), void* stack, int flags, void* argument,
                           ...) __asm__(RONDO_CLONE);

namespace rondo::os {

namespace {

/// What the child says of its failure, in memory that both see.
struct report {
  int failure = 0;
  spawn_step step = spawn_step::clone;
};

struct errand {
  const spawn_plan* plan;
  report* said;
  passed_descriptor* moved;  // as many as plan->descriptors; the child's to write
  int parent;
};

// Not instrumented: sanitizers keep books too.
#define RONDO_IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))

/// A system call, and nothing around it: a count or the negated errno.
template <class... Args>
RONDO_IN_CHILD long call(long number, Args... args) noexcept {
  const long outcome = ::syscall(number, args...);
  return outcome < 0 ? -errno : outcome;
}

/// The kernel's own layout of struct sigaction, all of it zero: SIG_DFL.
struct kernel_sigaction {
  void* handler;
  unsigned long flags;
  void* restorer;
  std::uint64_t mask;
};

constexpr int signals = 64;
constexpr std::size_t mask_bytes = 8;

RONDO_IN_CHILD void reset_signals() noexcept {
  const kernel_sigaction by_default = {};
  for (int n = 1; n <= signals; ++n) {
    call(SYS_rt_sigaction, n, &by_default, nullptr, mask_bytes);  // SIGKILL and SIGSTOP refuse
  }
}

RONDO_IN_CHILD void unblock_signals() noexcept {
  const std::uint64_t none = 0;
  call(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, mask_bytes);
}

/// Puts every descriptor at its new number. A source may lie where another one is to go, so all of
/// them first move to where nothing else will be.
RONDO_IN_CHILD long pass_descriptors(const errand& e) noexcept {
  call(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
  const std::size_t count = e.plan->descriptors.size();
  const passed_descriptor* const wanted = e.plan->descriptors.data();
  int above = 3;
  for (std::size_t i = 0; i < count; ++i) {
    if (wanted[i].as >= above) above = wanted[i].as + 1;
  }
  for (std::size_t i = 0; i < count; ++i) {
    e.moved[i] = wanted[i];
    if (wanted[i].from == wanted[i].as || wanted[i].from >= above) continue;
    const long copy = call(SYS_fcntl, wanted[i].from, F_DUPFD_CLOEXEC, above);
    if (copy < 0) return copy;
    e.moved[i].from = static_cast<int>(copy);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const long outcome = e.moved[i].from == e.moved[i].as
                             ? call(SYS_fcntl, e.moved[i].as, F_SETFD, 0)
                             : call(SYS_dup3, e.moved[i].from, e.moved[i].as, 0);
    if (outcome < 0) return outcome;
  }
  return 0;
}

RONDO_IN_CHILD int number_of(resource r) noexcept {
  switch (r) {
    case resource::address_space:
      return RLIMIT_AS;
    case resource::core_size:
      return RLIMIT_CORE;
    case resource::cpu_seconds:
      return RLIMIT_CPU;
    case resource::data_size:
      return RLIMIT_DATA;
    case resource::descriptors:
      return RLIMIT_NOFILE;
    case resource::file_size:
      return RLIMIT_FSIZE;
    case resource::locked_memory:
      return RLIMIT_MEMLOCK;
    case resource::processes:
      return RLIMIT_NPROC;
    case resource::stack_size:
      return RLIMIT_STACK;
  }
  return -1;
}

RONDO_IN_CHILD long begin_session(const errand& e) noexcept {
  return e.plan->new_session ? call(SYS_setsid) : 0;
}

RONDO_IN_CHILD long set_process_group(const errand& e) noexcept {
  if (e.plan->process_group == spawn_plan::keep) return 0;
  return call(SYS_setpgid, 0, static_cast<int>(e.plan->process_group));
}

RONDO_IN_CHILD long set_limits(const errand& e) noexcept {
  const std::size_t count = e.plan->limits.size();
  const resource_limit* const limits = e.plan->limits.data();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t values[2] = {limits[i].soft, limits[i].hard};  // struct rlimit64
    const long outcome = call(SYS_prlimit64, 0, number_of(limits[i].of), values, nullptr);
    if (outcome < 0) return outcome;
  }
  return 0;
}

RONDO_IN_CHILD long set_user(const errand& e) noexcept {
  const spawn_plan& plan = *e.plan;
  if (plan.user == spawn_plan::keep) return 0;
  long outcome = call(SYS_setgroups, plan.groups.size(), plan.groups.data());
  if (outcome >= 0 && plan.group != spawn_plan::keep) {
    outcome = call(SYS_setgid, static_cast<std::uint32_t>(plan.group));
  }
  if (outcome < 0) return outcome;
  return call(SYS_setuid, static_cast<std::uint32_t>(plan.user));
}

RONDO_IN_CHILD long enter_directory(const errand& e) noexcept {
  if (e.plan->umask != spawn_plan::keep) call(SYS_umask, static_cast<unsigned>(e.plan->umask));
  return e.plan->directory != nullptr ? call(SYS_chdir, e.plan->directory) : 0;
}

RONDO_IN_CHILD long set_death_signal(const errand& e) noexcept {
  if (e.plan->parent_death_signal == 0) return 0;
  const long outcome = call(SYS_prctl, PR_SET_PDEATHSIG, e.plan->parent_death_signal, 0, 0, 0);
  if (outcome < 0) return outcome;
  // Where the parent was killed before this, the signal will never come.
  return call(SYS_getppid) == e.parent ? 0 : -ESRCH;
}

/// Returns only where none of the programs could be executed. The most telling failure counts: one
/// that was found and not allowed, before one that was not found (execvp(3)).
RONDO_IN_CHILD long execute(const errand& e) noexcept {
  const spawn_plan& plan = *e.plan;
  unblock_signals();
  bool denied = false;
  long outcome = -ENOENT;
  for (const char* const* path = plan.programs; *path != nullptr; ++path) {
    outcome = call(SYS_execve, *path, plan.arguments, plan.environment);
    if (outcome == -EACCES) {
      denied = true;
    } else if (outcome != -ENOENT && outcome != -ENOTDIR && outcome != -ESTALE) {
      return outcome;
    }
  }
  return denied ? -EACCES : outcome;
}

struct step {
  spawn_step name;
  long (*take)(const errand& e) noexcept;
};

// Limits come when the descriptors lie, since a low one would forbid their numbers; the directory
// after the user, who may not be allowed there; the death signal after the user, who clears it.
constexpr step steps[] = {
    {spawn_step::session, &begin_session},
    {spawn_step::process_group, &set_process_group},
    {spawn_step::descriptors, &pass_descriptors},
    {spawn_step::limits, &set_limits},
    {spawn_step::user, &set_user},
    {spawn_step::directory, &enter_directory},
    {spawn_step::parent_death_signal, &set_death_signal},
    {spawn_step::execute, &execute},
};

RONDO_IN_CHILD int child(void* argument) noexcept {
  const errand& e = *static_cast<errand*>(argument);
  reset_signals();
  for (const step& s : steps) {
    e.said->step = s.name;
    e.said->failure = static_cast<int>(s.take(e));
    if (e.said->failure < 0) break;
  }
  call(SYS_exit_group, 127);
  __builtin_unreachable();
}

/// Memory that stays common where the rest is copied.
report* map_report() noexcept {
  void* const page =
      ::mmap(nullptr, sizeof(report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? nullptr : new (page) report;
}

/// -> the id, or a negated errno
int start_child(errand& e, bool copy_memory, int& pidfd) noexcept {
  // On the stack of this thread, which does not run meanwhile.
  alignas(64) std::byte stack[16 * 1024];
  const int flags = CLONE_VFORK | CLONE_PIDFD | SIGCHLD | (copy_memory ? 0 : CLONE_VM);
  const int id = ::rondo_clone(&child, stack + sizeof stack, flags, &e, &pidfd);
  return id < 0 ? -errno : id;
}

int spawn_with(const spawn_plan& plan, spawned& out, report& said,
               passed_descriptor* moved) noexcept {
  errand e = {&plan, &said, moved, ::getpid()};
  sigset_t all;
  sigfillset(&all);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int pidfd = -1;
  const int id = start_child(e, plan.user != spawn_plan::keep, pidfd);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  out.failed_at = said.step;
  if (id < 0) return id;
  out.pidfd.reset(pidfd);
  out.id = id;
  if (said.failure >= 0) return 0;
  process_end unsuccessful;
  reap(pidfd, true, unsuccessful);
  out.pidfd.reset();
  return said.failure;
}

duration as_duration(const timeval& t) noexcept {
  return duration::seconds(t.tv_sec) + duration::microseconds(t.tv_usec);
}

void fill_usage(const rusage& used, process_end& out) noexcept {
  out.usage_known = true;
  out.user_time = as_duration(used.ru_utime);
  out.system_time = as_duration(used.ru_stime);
  out.max_resident_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
  out.minor_faults = static_cast<std::uint64_t>(used.ru_minflt);
  out.major_faults = static_cast<std::uint64_t>(used.ru_majflt);
  out.voluntary_switches = static_cast<std::uint64_t>(used.ru_nvcsw);
  out.involuntary_switches = static_cast<std::uint64_t>(used.ru_nivcsw);
}

/// The kernel's struct pidfd_info (Linux 6.13), up to what is asked for here.
struct pidfd_info {
  std::uint64_t mask;
  std::uint64_t cgroup;
  std::uint32_t ids[11];
  std::int32_t exit_code;
};
static_assert(sizeof(pidfd_info) == 64);

/// What a pidfd remembers of a process that was reaped (Linux 6.15). False where it doesn't.
bool recall(int pidfd, process_end& out) noexcept {
  constexpr std::uint64_t exit_bit = 1 << 3;
  pidfd_info info = {};
  info.mask = exit_bit;
  if (::ioctl(pidfd, _IOWR(0xFF, 11, pidfd_info), &info) < 0) return false;
  if ((info.mask & exit_bit) == 0) return false;
  out.by_signal = WIFSIGNALED(info.exit_code);
  out.core_dumped = WCOREDUMP(info.exit_code);
  out.number = out.by_signal ? WTERMSIG(info.exit_code) : WEXITSTATUS(info.exit_code);
  return true;
}

}  // namespace

int spawn(const spawn_plan& plan, spawned& out) noexcept {
  // Allocated by the parent: the child must not.
  auto* const moved = new (std::nothrow) passed_descriptor[plan.descriptors.size()];
  if (moved == nullptr) return -ENOMEM;
  int outcome = -ENOMEM;
  if (plan.user == spawn_plan::keep) {
    report said;
    outcome = spawn_with(plan, out, said, moved);
  } else if (report* const said = map_report()) {
    outcome = spawn_with(plan, out, *said, moved);
    ::munmap(said, sizeof(report));
  }
  delete[] moved;
  return outcome;
}

const char* const* environment() noexcept {
  return ::environ;
}

bool is_there(const char* path) noexcept {
  return ::access(path, F_OK) == 0;
}

int reap(int pidfd, bool wait, process_end& out) noexcept {
  siginfo_t info = {};
  rusage used = {};
  // The system call itself: the C library's waitid gives no rusage.
  long outcome = -1;
  do {
    outcome = ::syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | (wait ? 0 : WNOHANG), &used);
  } while (outcome < 0 && errno == EINTR);
  if (outcome < 0) return errno == ECHILD && recall(pidfd, out) ? 0 : -errno;
  if (info.si_pid == 0) return -EAGAIN;
  out.by_signal = info.si_code != CLD_EXITED;
  out.core_dumped = info.si_code == CLD_DUMPED;
  out.number = info.si_status;
  fill_usage(used, out);
  return 0;
}

int signal_process(int pidfd, int number) noexcept {
  return ::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0) < 0 ? -errno : 0;
}

int signal_group(int group, int number) noexcept {
  return ::kill(-group, number) < 0 ? -errno : 0;
}

}  // namespace rondo::os
