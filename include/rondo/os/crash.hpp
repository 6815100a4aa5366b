#pragma once

#include <cstddef>
#include <cstdint>

/// What a process can still do when one of its threads has made a mistake that ends it. Results are
/// "0, a count or a descriptor, or the negated errno".
namespace rondo::os {

/// What the kernel, or `abort`, has told a thread.
struct crash {
  int signal = 0;
  const char* name = "";     ///< "SIGSEGV"
  bool has_address = false;  ///< whether `address` is what could not be reached
  std::uintptr_t address = 0;
};

/// Somebody who wants to hear of a crash. Neither function may wait for a lock or allocate: who
/// knows what the thread was at.
class crash_listener {
 public:
  virtual ~crash_listener() = default;

  /// On the thread that has crashed, on the stack for signals: some instructions.
  virtual void crashed(const crash& what) noexcept = 0;
  /// After that, on the thread of the `crash_watch`, while the other is held.
  virtual void report(const crash& what) noexcept = 0;
};

/// A thread that waits for this process to crash, by SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
/// SIGSYS or SIGABRT, so that something can be done before it ends. Then what would have happened
/// without it happens: the handler that was there before is called, a core is dumped.
///
/// The thread that crashes is held for as long as `report` takes, at most 10 s. Where `report`
/// crashes as well it is left as it is. A process that was forked and has not become another
/// program is not watched.
///
/// While it is open, threads of `os::thread` are begun with a stack for signals, as is the thread
/// that opens it, so that a stack overflow is heard of, too.
///
/// One at a time in a process. `open` and `close` are one thread's.
class crash_watch {
 public:
  crash_watch() noexcept = default;
  crash_watch(const crash_watch&) = delete;
  crash_watch& operator=(const crash_watch&) = delete;
  ~crash_watch() { close(); }

  /// -> 0; EBUSY where another one is open
  int open(crash_listener& tells) noexcept;
  void close() noexcept;

  struct state;  // src/os/crash.cpp

 private:
  state* state_ = nullptr;
};

// In place of what allocates, waits for a lock or looks up a locale ------------------------------

/// Pages that are in use only once they are written to; given back with `unmap`. Null: there are
/// none.
void* map_pages(std::size_t bytes) noexcept;
/// A new file that nobody else may read (mode 0600). -> descriptor; EEXIST where there is one
int make_private_file(const char* path) noexcept;
/// All of it. -> 0
int write_whole(int fd, const void* bytes, std::size_t size) noexcept;
/// "Permission denied". Static storage.
const char* describe_plainly(int negated_errno) noexcept;
/// Milliseconds since 1970.
std::int64_t unix_now_ms() noexcept;
int process_id() noexcept;

}  // namespace rondo::os
