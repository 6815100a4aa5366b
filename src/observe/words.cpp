// How things that are seen are called, wherever they are printed.
#include "observe/words.hpp"

#include <algorithm>
#include <cstdio>

namespace rondo::observe::words {

std::string place_of(const std::source_location& where) {
  if (where.line() == 0) return "";
  const std::string_view path = where.file_name();
  std::string text(path.substr(path.rfind('/') + 1));
  text += ':';
  text += std::to_string(where.line());
  return text;
}

bool is_glue(const std::source_location& where) {
  const std::string_view function = where.function_name();
  return function.find("rondo::detail::") != std::string_view::npos ||
         function.find("rondo::runtime::in_parallel_root") != std::string_view::npos;
}

std::string text_of(duration d) {
  static constexpr struct {
    std::int64_t ns;
    const char* name;
  } units[] = {{3'600'000'000'000, "h"}, {60'000'000'000, "min"}, {1'000'000'000, "s"},
               {1'000'000, "ms"},        {1'000, "us"},           {1, "ns"}};
  const std::int64_t ns = d.count_ns();
  if (ns <= 0) return "0";
  for (const auto& unit : units) {
    if (ns < unit.ns) continue;
    const double value = static_cast<double>(ns) / static_cast<double>(unit.ns);
    char text[32];
    std::snprintf(text, sizeof text, value < 9.95 && unit.ns > 1 ? "%.1f %s" : "%.0f %s", value,
                  unit.name);
    return text;
  }
  return "0";
}

std::string title_of(const task_view& task) {
  if (task.name.empty()) return "task " + std::to_string(task.id);
  return "task \"" + task.name + '"';
}

const task_view* find(const snapshot& s, std::uint64_t id) noexcept {
  const auto found = std::ranges::lower_bound(s.tasks, id, {}, &task_view::id);
  return found != s.tasks.end() && found->id == id ? &*found : nullptr;
}

namespace {

const lock_view* lock_of(const snapshot& s, const task_view& task) noexcept {
  if (task.state != task_state::waiting || task.on == nullptr) return nullptr;
  const auto found = std::ranges::find(s.locks, task.on, &lock_view::on);
  return found != s.locks.end() ? &*found : nullptr;
}

}  // namespace

const task_view* waited_for(const snapshot& s, const task_view& task) noexcept {
  if (task.state != task_state::waiting) return nullptr;
  if (task.joins != 0) return find(s, task.joins);
  const lock_view* const lock = lock_of(s, task);
  return lock != nullptr ? find(s, lock->holder) : nullptr;
}

std::string wait_of(const snapshot& s, const task_view& task) {
  if (task.state != task_state::waiting) return "";
  std::string text = task.waits_for;
  if (task.fd >= 0) text += " on descriptor " + std::to_string(task.fd);
  const task_view* const other = waited_for(s, task);
  if (task.joins != 0) {
    text = "the end of " + (other != nullptr ? title_of(*other) : std::string("a task"));
  } else if (other != nullptr) {
    text += ", held by " + title_of(*other);
  }
  return text;
}

std::string count_of(std::uint64_t number, std::string_view of_what) {
  std::string text = std::to_string(number) + ' ';
  text += of_what;
  if (number != 1) text += 's';
  return text;
}

const char* to_string(task_state state) noexcept {
  switch (state) {
    case task_state::ready:
      return "ready";
    case task_state::running:
      return "running";
    case task_state::waiting:
      return "waiting";
  }
  return "";
}

std::string suspicions_of(const task_view& task) {
  static constexpr struct {
    suspicion bit;
    const char* name;
  } names[] = {{suspicion::deadlocked, "deadlocked"},
               {suspicion::lost_wake_up, "lost wake-up"},
               {suspicion::never_polled, "never polled"},
               {suspicion::polled_too_long, "polled too long"},
               {suspicion::wakes_itself, "wakes itself"}};
  std::string text;
  for (const auto& each : names) {
    if ((task.suspicions & static_cast<std::uint8_t>(each.bit)) == 0) continue;
    if (!text.empty()) text += ", ";
    text += each.name;
  }
  return text;
}

}  // namespace rondo::observe::words
