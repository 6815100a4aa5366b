// The handler does little: it says what has happened, wakes a thread that has a whole stack and no
// lock in its hands, and holds the one that has crashed until that is done. Beside what
// signal-safety(7) lists it uses atomics only.
#include <rondo/os/crash.hpp>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <new>

#include <rondo/os/fd.hpp>
#include <rondo/os/thread.hpp>

#include "os/signal_stack.hpp"

namespace rondo::os {

struct crash_watch::state {
  crash_listener* tells = nullptr;
  int owner = 0;  // the process
  fd wake, done;  // eventfds: to the thread, and back to who has crashed
  thread watcher;
  std::atomic<bool> ends{false};
  std::atomic<bool> reporting{false};  // on the thread: a crash now is one of the report
  sigjmp_buf give_up;                  // where it goes on then
  crash what;                          // of the first who crashes
  std::atomic<bool> is_told{false};    // `what` stands, and what the listener has noted
};

namespace {

constexpr int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
constexpr int longest_report_ms = 10'000;

// Read by handlers. `before` stands before the handler is installed, and stays.
struct sigaction before[NSIG] = {};
std::atomic<crash_watch::state*> active{nullptr};
std::atomic<bool> has_crashed{false};
std::atomic<int> inside{0};  // handlers that look at `active`
constinit thread_local bool is_watcher = false;

const char* name_of(int signal) noexcept {
  switch (signal) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGFPE:
      return "SIGFPE";
    case SIGILL:
      return "SIGILL";
    case SIGTRAP:
      return "SIGTRAP";
    case SIGSYS:
      return "SIGSYS";
    default:
      return "SIGABRT";
  }
}

void tell(int descriptor) noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(descriptor, &one, sizeof one);
}

/// Until somebody tells, or for so long. What was told stays told.
void wait_for(int descriptor, int limit_ms) noexcept {
  timespec began = {};
  clock_gettime(CLOCK_MONOTONIC, &began);
  for (int left = limit_ms; left > 0;) {
    pollfd entry = {.fd = descriptor, .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, left) >= 0 || errno != EINTR) return;
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const auto spent =
        (now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1'000'000;
    left = limit_ms - static_cast<int>(spent);
  }
}

/// The first one is reported; others who crash meanwhile wait until that is done.
void report(crash_watch::state& s, int number, const siginfo_t& told) noexcept {
  if (!has_crashed.exchange(true)) {
    s.what.signal = number;
    s.what.name = name_of(number);
    s.what.has_address = told.si_code > 0 && (number == SIGSEGV || number == SIGBUS);
    if (s.what.has_address) s.what.address = reinterpret_cast<std::uintptr_t>(told.si_addr);
    s.tells->crashed(s.what);
    s.is_told.store(true);
    tell(s.wake.get());
  }
  wait_for(s.done.get(), longest_report_ms);
}

void handle(int number, siginfo_t* told, void*) {
  const int failure = errno;
  inside.fetch_add(1);
  crash_watch::state* const s = active.load();
  if (s != nullptr && s->owner == ::getpid()) {
    if (is_watcher && s->reporting.exchange(false)) {
      inside.fetch_sub(1);
      siglongjmp(s->give_up, 1);
    }
    if (!is_watcher) report(*s, number, *told);
  }
  inside.fetch_sub(1);
  sigaction(number, &before[number], nullptr);
  // The kernel finds a fault of this thread once more when the handler returns. What was sent, by
  // abort say, is sent again, and comes then.
  if (told->si_code <= 0) ::raise(number);
  errno = failure;
}

bool is_ours(const struct sigaction& of) noexcept {
  return (of.sa_flags & SA_SIGINFO) != 0 && of.sa_sigaction == &handle;
}

void install() noexcept {
  for (const int number : faults) {
    struct sigaction now = {};
    if (sigaction(number, nullptr, &now) != 0 || is_ours(now)) continue;
    before[number] = now;
    struct sigaction ours = {};
    ours.sa_sigaction = &handle;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(number, &ours, nullptr);
  }
}

/// What somebody else has installed meanwhile stays, and finds our handler, which then does nothing
/// but pass it on.
void remove() noexcept {
  for (const int number : faults) {
    struct sigaction now = {};
    if (sigaction(number, nullptr, &now) == 0 && is_ours(now)) {
      sigaction(number, &before[number], nullptr);
    }
  }
}

void* watch(void* of) noexcept {
  auto& s = *static_cast<crash_watch::state*>(of);
  is_watcher = true;
  while (!s.ends.load() && !s.is_told.load()) wait_for(s.wake.get(), INT32_MAX);
  if (s.is_told.load()) {
    // With the mask, which has the signal blocked while its handler runs.
    if (sigsetjmp(s.give_up, 1) == 0) {
      s.reporting.store(true);
      s.tells->report(s.what);
      s.reporting.store(false);
    }
    tell(s.done.get());
  }
  return nullptr;
}

}  // namespace

int crash_watch::open(crash_listener& tells) noexcept {
  if (active.load() != nullptr) return -EBUSY;
  auto* const s = new (std::nothrow) state;
  if (s == nullptr) return -ENOMEM;
  s->tells = &tells;
  s->owner = ::getpid();
  s->wake.reset(::eventfd(0, EFD_CLOEXEC));
  s->done.reset(::eventfd(0, EFD_CLOEXEC));
  int failed = s->wake && s->done ? 0 : -errno;
  if (failed == 0) failed = s->watcher.start(&watch, s, thread_options("rondo-crash"));
  if (failed != 0) {
    delete s;
    return failed;
  }
  detail::begin_signal_stacks();
  active.store(s);
  install();
  state_ = s;
  return 0;
}

void crash_watch::close() noexcept {
  if (state_ == nullptr) return;
  remove();
  active.store(nullptr);
  while (inside.load() > 0) ::usleep(1000);  // a thread crashes, and is held there
  detail::end_signal_stacks();
  state_->ends.store(true);
  tell(state_->wake.get());
  state_->watcher.join();
  delete state_;
  state_ = nullptr;
}

// In place of what allocates ---------------------------------------------------------------------

void* map_pages(std::size_t bytes) noexcept {
  constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

int make_private_file(const char* path) noexcept {
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const int opened = ::open(path, flags, 0600);
  return opened < 0 ? -errno : opened;
}

int write_whole(int fd, const void* bytes, std::size_t size) noexcept {
  const char* from = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t written = ::write(fd, from, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return -errno;
    from += written;
    size -= static_cast<std::size_t>(written);
  }
  return 0;
}

const char* describe_plainly(int negated_errno) noexcept {
  const char* const text = strerrordesc_np(-negated_errno);
  return text == nullptr ? "unknown error" : text;
}

std::int64_t unix_now_ms() noexcept {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

int process_id() noexcept {
  return ::getpid();
}

}  // namespace rondo::os
