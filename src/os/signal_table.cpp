// One handler for all signals that anybody has an interest in, and the table that it reads. The
// handler touches atomics and calls what is async-signal-safe (signal-safety(7)), nothing else; it
// takes no lock, so it may run on a thread that holds the one that guards the table.
#include "os/signal_table.hpp"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include <mutex>
#include <new>

namespace rondo::os::detail {

namespace {

constexpr signal_mask bit(int number) noexcept {
  return signal_mask{1} << (number - 1);
}

template <class... Numbers>
constexpr signal_mask mask_of(Numbers... numbers) noexcept {
  return (bit(numbers) | ...);
}

// By which a thread is told of its own fault: to return from the handler would repeat it.
constexpr signal_mask faults = mask_of(SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT);
constexpr signal_mask ends_process =
    mask_of(SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ);
constexpr signal_mask hooked = faults | ends_process | mask_of(SIGTSTP, SIGCONT);
constexpr int signals = 64;

std::mutex table;  // guards what follows, but for what handlers read
int users[signals + 1] = {};
signal_mask watched = 0;  // installed for the terminal

// Read by handlers.
struct sigaction before[signals + 1] = {};  // set before the handler is installed
std::atomic<signal_ear*> ears{nullptr};     // grows only
std::atomic<const terminal_hooks*> hooks{nullptr};
// How many handlers are at it: who takes something from them waits until it was 0 once.
std::atomic<int> inside{0};

/// Lets happen what would have happened without us, once the handler has returned.
void end(int number, const siginfo_t& told) noexcept {
  sigaction(number, &before[number], nullptr);
  // The kernel finds a fault of this thread once more. Anything else waits for the return, since it
  // is blocked meanwhile.
  const bool comes_again = (bit(number) & faults) != 0 && told.si_code > 0;
  if (!comes_again) raise(number);
}

/// Returns when the process is to go on; or at once, where nobody is there who could make it.
void stop() noexcept {
  struct sigaction ours;
  sigaction(SIGTSTP, &before[SIGTSTP], &ours);
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  raise(SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);  // stands still here, until SIGCONT
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  sigaction(SIGTSTP, &ours, nullptr);
}

bool tell_ears(int number) noexcept {
  bool heard = false;
  for (signal_ear* e = ears.load(std::memory_order_acquire); e != nullptr; e = e->next) {
    if ((e->wanted.load() & bit(number)) == 0) continue;
    e->came.fetch_or(bit(number));
    const std::uint64_t one = 1;
    if (const int wake = e->wake.load(); wake >= 0) {
      [[maybe_unused]] const ssize_t written = ::write(wake, &one, sizeof one);
    }
    heard = true;
  }
  return heard;
}

void handle(int number, siginfo_t* told, void*) {
  const int failure = errno;
  inside.fetch_add(1);
  const bool heard = tell_ears(number);
  const terminal_hooks* const h = (bit(number) & hooked) != 0 ? hooks.load() : nullptr;
  inside.fetch_sub(1);
  if (number == SIGCONT) {
    if (h != nullptr) h->change_again();
  } else if (!heard && h != nullptr) {
    h->restore();
    if (number != SIGTSTP) {
      end(number, *told);
    } else {
      stop();
      h->change_again();
    }
  } else if (!heard && (bit(number) & faults) != 0) {
    end(number, *told);  // the hooks have gone a moment ago
  }
  errno = failure;
}

/// Under the lock. -> 0, or a negated errno
int install(int number) noexcept {
  if (users[number]++ > 0) return 0;
  struct sigaction ours = {};
  ours.sa_sigaction = &handle;
  ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  if (sigaction(number, nullptr, &before[number]) == 0 && sigaction(number, &ours, nullptr) == 0) {
    return 0;
  }
  --users[number];
  return -errno;
}

/// Under the lock. What somebody else has installed meanwhile stays.
void remove(int number) noexcept {
  if (--users[number] > 0) return;
  struct sigaction now;
  if (sigaction(number, nullptr, &now) != 0) return;
  const bool is_ours = (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == &handle;
  if (is_ours) sigaction(number, &before[number], nullptr);
}

void remove_all(signal_mask which) noexcept {
  for (int n = 1; n <= signals; ++n) {
    if ((which & bit(n)) != 0) remove(n);
  }
}

signal_ear* free_ear() noexcept {
  for (signal_ear* e = ears.load(); e != nullptr; e = e->next) {
    if (e->wanted.load() == 0) return e;
  }
  auto* const made = new (std::nothrow) signal_ear;
  if (made == nullptr) return nullptr;
  made->next = ears.load();
  ears.store(made, std::memory_order_release);  // pairs with the acquire of the handlers
  return made;
}

/// Handlers on other threads may be past the look at what was just taken from them. One on this
/// thread is not: it would have returned.
void await_handlers() noexcept {
  while (inside.load() > 0) sched_yield();
}

}  // namespace

signal_ear* begin_to_hear(signal_mask which, int wake, int& failure) noexcept {
  const std::lock_guard lock(table);
  failure = -EINVAL;
  if (which == 0 || (which & faults) != 0) return nullptr;
  failure = -ENOMEM;
  signal_ear* const ear = free_ear();
  if (ear == nullptr) return nullptr;
  ear->came = 0;
  ear->wake = wake;
  ear->wanted = which;  // before the handlers are there: none of the signals is nobody's then
  for (int n = 1; n <= signals; ++n) {
    if ((which & bit(n)) == 0) continue;
    failure = install(n);
    if (failure == 0) continue;
    remove_all(which & (bit(n) - 1));
    ear->wanted = 0;
    await_handlers();
    return nullptr;
  }
  return ear;
}

void stop_hearing(signal_ear& ear) noexcept {
  const std::lock_guard lock(table);
  remove_all(ear.wanted);
  ear.wanted = 0;
  await_handlers();
  ear.wake = -1;
}

void watch_over_terminal(const terminal_hooks& wanted) noexcept {
  const std::lock_guard lock(table);
  if (hooks.exchange(&wanted) != nullptr) return;
  for (int n = 1; n <= signals; ++n) {
    if ((bit(n) & hooked) == 0) continue;
    struct sigaction without_us = before[n];
    if (users[n] == 0 && sigaction(n, nullptr, &without_us) != 0) continue;
    const bool by_default =
        (without_us.sa_flags & SA_SIGINFO) == 0 && without_us.sa_handler == SIG_DFL;
    if (!by_default && (bit(n) & faults) == 0) continue;
    if (install(n) == 0) watched |= bit(n);
  }
}

void stop_watching_over_terminal() noexcept {
  const std::lock_guard lock(table);
  remove_all(watched);
  watched = 0;
  hooks = nullptr;
}

}  // namespace rondo::os::detail
