#pragma once

#include <initializer_list>

#include <rondo/os/signals.hpp>

namespace rondo {

/// Opens the listener, or throws `error`.
void listen(os::signal_listener& listener, std::initializer_list<int> which, bool takes);

}  // namespace rondo
