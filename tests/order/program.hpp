#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <rondo/loop/loop.hpp>

namespace rondo::order {

using namespace std::chrono_literals;

/// The main module of a program: what it leaves in the loop is then run.
using main_module = void (*)(loop& l);

/// Makes a program known by its name; always true.
bool add(std::string_view name, main_module program);

/// console.log
void log(std::string_view line);
/// A callback that logs.
callback logs(std::string line);

/// Node's `fs.stat('.', f)`: an operation that takes no time to speak of, whose callback comes in
/// the poll phase.
void after_io(loop& l, callback f);

/// process.on('uncaughtException', ...) that logs the message, and then calls `f`.
void log_uncaught(loop& l, callback f = [] {});

}  // namespace rondo::order

/// The twin of programs/<name>.cjs.
#define ORDER_PROGRAM(name)                                         \
  static void name(rondo::loop& l);                                 \
  static const bool name##_added = rondo::order::add(#name, &name); \
  static void name([[maybe_unused]] rondo::loop& l)
