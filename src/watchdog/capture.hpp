#pragma once

#include <rondo/watchdog/beat.hpp>
#include <rondo/watchdog/facts.hpp>

namespace rondo::watchdog {

/// What a thread is asked to write down of itself.
struct request {
  int thread;
  const beat* of;
  std::uint64_t count;  ///< of that beat: of another one the call has ended meanwhile
  void (*describe)(const beat& of, facts& into) noexcept;
};

/// Prepares all that `capture` needs. Once, on the watcher's thread.
void prepare_capture() noexcept;
/// Lets the thread interrupt what it does and fill `into`. Null, or why it has not: static storage.
/// On the watcher's thread.
const char* capture(const request& what, facts& into) noexcept;

}  // namespace rondo::watchdog
