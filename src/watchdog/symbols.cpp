// Addresses of code made readable, by libbacktrace, which comes with GCC and reads the DWARF of
// both compilers. Without debug information there are names only.
#include "watchdog/symbols.hpp"

#include <backtrace.h>
#include <cxxabi.h>

#include <cstdlib>
#include <mutex>
#include <string_view>

namespace rondo::watchdog {

namespace {

void ignore(void*, const char*, int) {}

/// Never freed: libbacktrace has no way to.
backtrace_state* library() {
  static backtrace_state* const made = backtrace_create_state(nullptr, 1, &ignore, nullptr);
  return made;
}

/// Without what compilers add for the parts of a coroutine: people wrote one function.
std::string readable(const char* symbol) {
  std::string_view plain = symbol;
  for (const std::string_view part : {".resume", ".destroy", ".cleanup", ".actor", ".frame"}) {
    if (const std::size_t at = plain.find(part); at != plain.npos) plain = plain.substr(0, at);
  }
  const std::string mangled(plain);
  char* const text = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, nullptr);
  std::string name = text != nullptr ? text : mangled;
  std::free(text);  // NOLINT(cppcoreguidelines-no-malloc): the interface's
  return name;
}

int add_frame(void* to, std::uintptr_t address, const char* file, int line, const char* function) {
  auto& all = *static_cast<std::vector<native_frame>*>(to);
  native_frame& one = all.emplace_back();
  one.address = address;
  if (function != nullptr) one.function = readable(function);
  if (file != nullptr) one.file = file;
  one.line = line;
  return 0;
}

void add_name(void* to, std::uintptr_t, const char* symbol, std::uintptr_t, std::uintptr_t) {
  if (symbol != nullptr) static_cast<native_frame*>(to)->function = readable(symbol);
}

}  // namespace

std::vector<native_frame> symbols_of(std::uintptr_t address) {
  static std::mutex one_at_a_time;
  const std::lock_guard hold(one_at_a_time);
  std::vector<native_frame> found;
  backtrace_state* const with = library();
  if (with != nullptr) backtrace_pcinfo(with, address, &add_frame, &ignore, &found);
  if (found.empty()) found.emplace_back().address = address;
  native_frame& function = found.back();  // the one that is really there
  if (with != nullptr && function.function.empty()) {
    backtrace_syminfo(with, address, &add_name, &ignore, &function);
  }
  return found;
}

}  // namespace rondo::watchdog
