#pragma once

#include <initializer_list>

#include <rondo/base/unique_function.hpp>

namespace rondo {

class loop;

/// Calls a function on the loop for each signal of some, instead of what they would do otherwise:
/// the face for callbacks of `signal_set`, beside which it hears of the same signals. As in Node it
/// does not keep the loop alive, unless `ref` is called. Thread: the loop's. Lifetime: within the
/// loop's; it may be destroyed by the function that it calls.
class signal_handler {
 public:
  /// Throws `error` as `signal_set` does.
  signal_handler(loop& l, std::initializer_list<int> which, unique_function<void(int number)> f);
  signal_handler(const signal_handler&) = delete;
  signal_handler& operator=(const signal_handler&) = delete;
  ~signal_handler();

  void ref() noexcept;
  void unref() noexcept;

 private:
  struct state;  // src/signal/signal_handler.cpp

  state* state_;
};

}  // namespace rondo
