#pragma once

namespace rondo {

/// A value that differs between any two threads that live at the same time: what it costs to ask
/// "is this mine?" is one comparison. Null is no thread's.
inline const void* this_thread_token() noexcept {
  static constinit thread_local char token = 0;
  return &token;
}

}  // namespace rondo
