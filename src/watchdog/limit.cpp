// How long a call may take: what is usual, and what the environment says.
#include "watchdog/limit.hpp"

#include <cstdlib>
#include <cstring>

#include <rondo/base/sanitizers.hpp>

namespace rondo {

namespace {

/// Valgrind runs a program with a library of its own loaded before all others.
bool is_slowed_down() noexcept {
  const char* const preloaded = std::getenv("LD_PRELOAD");
  return RONDO_SANITIZED ||
         (preloaded != nullptr && std::strstr(preloaded, "vgpreload") != nullptr);
}

}  // namespace

duration default_stall_limit() noexcept {
  static const bool slow = is_slowed_down();
  return duration::milliseconds(slow ? 1000 : 100);
}

/// Read each time: a test sets it, and a loop is not begun so often that it would matter.
duration watchdog::limit_in_force(duration of_the_program) noexcept {
  const char* const text = std::getenv("RONDO_STALL_MS");
  if (text == nullptr || *text == '\0') return of_the_program;
  char* end = nullptr;
  const long long ms = std::strtoll(text, &end, 10);
  return *end != '\0' || ms < 0 ? of_the_program : duration::milliseconds(ms);
}

}  // namespace rondo
