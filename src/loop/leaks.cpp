// What is still active when a loop is destroyed: somebody has forgotten it, or waits for it in
// vain.
#include <atomic>
#include <cstdio>
#include <exception>

#include <rondo/base/config.hpp>
#include <rondo/loop/leaked_handle.hpp>

#include "loop/state.hpp"

namespace rondo {

namespace {

// Relaxed: the functions behind it are constant, so nothing else is to be ordered by it.
std::atomic<leak_handler> handler_in_use{detail::checks ? &print_leak : nullptr};

}  // namespace

leak_handler set_leak_handler(leak_handler handler) noexcept {
  return handler_in_use.exchange(handler, std::memory_order_relaxed);
}

std::string leak_text(const holder& leaked) {
  std::string text = std::string("rondo: leaked handle: ") + leaked.kind;
  if (!leaked.name.empty()) text += " \"" + leaked.name + '"';
  if (leaked.fd >= 0) text += " on descriptor " + std::to_string(leaked.fd);
  if (leaked.where.line() != 0) {
    text += std::string(", made at ") + leaked.where.file_name() + ':' +
            std::to_string(leaked.where.line()) + " in " + leaked.where.function_name();
  }
  return text + ": the loop is destroyed while it is active: clear it, or unref what need not end";
}

void print_leak(const holder& leaked) {
  std::fprintf(stderr, "%s\n", leak_text(leaked).c_str());
}

void report_leaks(const loop& l) noexcept {
  const leak_handler handler = handler_in_use.load(std::memory_order_relaxed);
  if (handler == nullptr) return;
  try {
    for (const holder& each : l.holders()) {
      // The rest are queues and timers of tasks, which are reported as tasks.
      if (each.where.line() != 0 || each.fd >= 0) handler(each);
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "rondo: the report of leaked handles has failed: %s\n", e.what());
  }
}

}  // namespace rondo
