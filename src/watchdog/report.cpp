// What people read of a stall, and who is told.
#include "watchdog/report.hpp"

#include <cstdio>
#include <mutex>
#include <string_view>
#include <utility>

#include <rondo/os/clock.hpp>

#include "watchdog/symbols.hpp"

namespace rondo {

namespace {

/// Never destroyed: a loop may be stuck while the program ends.
struct listener {
  std::mutex in_use;
  unique_function<void(const stall&)> hook;
};
listener& who_is_told() {
  static listener& only = *new listener;
  return only;
}

/// The last part of the path is what people search for.
std::string_view file_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string at(const std::source_location& place) {
  if (place.line() == 0) return "";
  return " at " + std::string(file_of(place.file_name())) + ':' + std::to_string(place.line()) +
         " in " + place.function_name();
}

std::string milliseconds(duration d) {
  return std::to_string(d.count_ns() / 1'000'000) + " ms";
}

/// A coroutine that is the library's own glue, which nobody wants to see in a stack.
bool is_glue(const std::source_location& place) {
  return std::string_view(place.function_name()).find("rondo::detail::") != std::string_view::npos;
}

std::string text_of_task(const stall& s) {
  if (!s.in_task) return "";
  std::string text = "  task" + (s.task.empty() ? std::string() : " \"" + s.task + '"');
  text += ", spawned" + at(s.task_born) + "\n  async stack:\n    #0 running\n";
  int depth = 1;
  for (const std::source_location& each : s.awaited_at) {
    if (is_glue(each)) continue;
    text += "    #" + std::to_string(depth++) + " awaited" + at(each) + '\n';
  }
  return text;
}

std::string text_of_stack(const stall& s) {
  if (s.stack.empty()) return "  no native stack: " + s.why_no_stack + '\n';
  std::string text = "  native stack:\n";
  int depth = 0;
  for (const native_frame& each : s.stack) {
    text += "    #" + std::to_string(depth++) + ' ';
    if (each.function.empty()) {
      char address[24];
      std::snprintf(address, sizeof address, "0x%jx", static_cast<std::uintmax_t>(each.address));
      text += address;
    } else {
      text += each.function;
    }
    if (!each.file.empty()) {
      text += " at " + std::string(file_of(each.file)) + ':' + std::to_string(each.line);
    }
    text += '\n';
  }
  return text;
}

/// Ten a minute: what a server that is slow all the time may write into a log.
class allowance {
 public:
  /// How many were refused since the last that was not; or -1: refused.
  long ask(instant now) noexcept {
    if (now - begun_ > duration::seconds(60)) {
      begun_ = now;
      spent_ = 0;
    }
    if (spent_ == most) {
      ++refused_;
      return -1;
    }
    ++spent_;
    return std::exchange(refused_, 0);
  }

 private:
  static constexpr int most = 10;
  instant begun_;
  int spent_ = 0;
  long refused_ = 0;
};

void print(const stall& s) {
  static allowance may_print;
  static std::uint64_t last_printed = 0;  // its end belongs to it
  if (!s.is_over) {
    const long left_out = may_print.ask(real_clock().now());
    if (left_out < 0) return;
    last_printed = s.number;
    if (left_out > 0) std::fprintf(stderr, "rondo: %ld more stalls were not reported\n", left_out);
  } else if (s.number != last_printed) {
    return;
  }
  const std::string text = to_string(s);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

std::string to_string(const stall& s) {
  const std::string who = "rondo: stall " + std::to_string(s.number) + ": ";
  if (s.is_over) {
    return who + "is over, \"" + s.loop + "\" goes on: it lasted " + milliseconds(s.lasted) + '\n';
  }
  const bool runs = s.doing == stall::activity::running;
  std::string text = who + '"' + s.loop + "\" (thread " + std::to_string(s.thread) +
                     ") is held up, for " + milliseconds(s.lasted) + " so far (limit " +
                     milliseconds(s.limit) + "), by a call in the phase \"" +
                     probe::to_string(s.phase) + "\" that is " +
                     (runs ? "running" : "blocked in a system call") + '\n';
  if (!s.handle.empty()) text += "  " + s.handle + ", made" + at(s.handle_born) + '\n';
  return text + text_of_task(s) + text_of_stack(s);
}

void set_stall_hook(unique_function<void(const stall&)> told) {
  listener& who = who_is_told();
  const std::lock_guard hold(who.in_use);
  std::swap(who.hook, told);
}

void watchdog::add_facts(stall& to, const facts& from) {
  to.phase = from.phase;
  if (from.handle != nullptr) to.handle = from.handle;
  to.handle_born = from.handle_born;
  to.in_task = from.in_task;
  to.task = from.task_name;
  to.task_born = from.task_born;
  to.awaited_at.assign(from.awaited_at, from.awaited_at + from.awaits);
  for (int i = 0; i < from.depth; ++i) {
    for (native_frame& each : symbols_of(from.addresses[i])) {
      // From here on it is the loop's own business.
      if (each.function.ends_with("call_plainly") ||
          each.function.starts_with("rondo::loop::run")) {
        return;
      }
      to.stack.push_back(std::move(each));
    }
  }
}

void watchdog::tell(const stall& s) noexcept {
  try {
    listener& who = who_is_told();
    const std::lock_guard hold(who.in_use);
    if (who.hook) {
      who.hook(s);
    } else {
      print(s);
    }
  } catch (...) {
    std::fprintf(stderr, "rondo: the report of a stall has failed with an exception\n");
  }
}

}  // namespace rondo
