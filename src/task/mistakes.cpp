// Mistakes with tasks: a sentence each, and where the author finds the cause.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <rondo/task/mistakes.hpp>

namespace rondo {

namespace {

void print(mistake, const std::source_location&, const char* text) {
  std::fprintf(stderr, "%s\n", text);
}

// The handler in use. Written by `set_mistake_handler`, read by `report`; the function behind it is
// constant, so nothing else is to be ordered by it.
std::atomic<mistake_handler> current{&print};

const char* explanation(mistake m) noexcept {
  switch (m) {
    case mistake::never_awaited:
      return "nothing of it has run: `co_await` it, or spawn it into a scope";
    case mistake::awaited_twice:
      return "a task runs once: make a new one, or spawn it and share what it computes";
    case mistake::destroyed_while_pending:
      return "let whoever owns it wait for its end: cancel its scope and leave that";
    case mistake::wrong_thread:
      return "tasks, scopes and handles stay on the thread of their executor: use a channel, or "
             "loop::post";
  }
  return "";
}

}  // namespace

const char* to_string(mistake m) noexcept {
  switch (m) {
    case mistake::never_awaited:
      return "never awaited";
    case mistake::awaited_twice:
      return "awaited twice";
    case mistake::destroyed_while_pending:
      return "destroyed while pending";
    case mistake::wrong_thread:
      return "used on the wrong thread";
  }
  return "unknown";
}

mistake_handler set_mistake_handler(mistake_handler handler) noexcept {
  return current.exchange(handler == nullptr ? &print : handler, std::memory_order_relaxed);
}

void detail::report(mistake m, const std::source_location& place) noexcept {
  const std::string text = std::string("rondo: task ") + to_string(m) + ": " +
                           place.function_name() + " at " + place.file_name() + ':' +
                           std::to_string(place.line()) + ": " + explanation(m);
  current.load(std::memory_order_relaxed)(m, place, text.c_str());
  if (m != mistake::never_awaited) std::abort();
}

}  // namespace rondo
