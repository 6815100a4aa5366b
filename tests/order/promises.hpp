#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <rondo/async/promise.hpp>
#include <rondo/async/unhandled_rejection.hpp>

#include "order/program.hpp"

namespace rondo::order {

/// `new Error(message)`
inline std::exception_ptr failure(const std::string& message) {
  return std::make_exception_ptr(std::runtime_error(message));
}

/// `e.message`
inline std::string message_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return e.what();
  }
}

/// `(e) => console.log(before + e.message)`
inline auto logs_message(std::string before = "") {
  return [before = std::move(before)](const std::exception_ptr& e) { log(before + message_of(e)); };
}
/// `(value) => console.log(before + value)`
inline auto logs_value(std::string before = "") {
  return [before = std::move(before)](const auto& value) {
    if constexpr (requires { std::to_string(value); }) {
      log(before + std::to_string(value));
    } else {
      log(before + value);
    }
  };
}
/// `() => console.log(line)`
inline auto says(std::string line) {
  return [line = std::move(line)] { log(line); };
}
/// The same whatever the value or the reason is.
inline auto says_anyway(std::string line) {
  return [line = std::move(line)](const auto& /*any*/) { log(line); };
}

/// A chain of `n` links that log beside what the program is about: its ruler.
inline void count(loop& l, const std::string& name, int n) {
  auto chain = promise<>::resolved(l);
  for (int i = 1; i <= n; ++i) chain = chain.then(says(name + " " + std::to_string(i)));
}

/// process.on('unhandledRejection', (e) => console.log(`unhandled ${e.message}`))
inline void log_unhandled(loop& l) {
  on_unhandled_rejection(
      l, [](const rejected_promise& p) { log("unhandled " + message_of(p.reason())); });
}

using text_promise = promise<std::string>;

}  // namespace rondo::order
