#pragma once

#include <initializer_list>

#include <rondo/os/signals.hpp>

namespace rondo {

/// While it lives these signals do nothing, whoever else listens to them. Programs that are started
/// meanwhile don't ignore them, unlike those under SIG_IGN. Any thread.
class ignored_signals {
 public:
  /// Throws `error` as `signal_set` does.
  explicit ignored_signals(std::initializer_list<int> which);

 private:
  os::signal_listener listener_;
};

}  // namespace rondo
