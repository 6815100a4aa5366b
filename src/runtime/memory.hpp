#pragma once
// What the structures that workers share are made of. They take it as a template parameter, so that
// the tests can put atomics in its place that record every access and try every outcome that the
// language's memory model allows (tests/runtime/model/).

#include <atomic>

#include <rondo/base/thread_lock.hpp>

namespace rondo {

/// The real thing: every member is what it says, and costs what it says.
struct native_memory {
  template <class T>
  using atomic = std::atomic<T>;
  /// A variable that no two threads may touch at once; the checker holds us to it.
  template <class T>
  using plain = T;
  using lock = thread_lock;

  /// Of two threads that each write, pass here and then read what the other has written, at least
  /// one sees the other's write.
  static void fence() noexcept { std::atomic_thread_fence(std::memory_order_seq_cst); }

  /// The value of a plain variable, to be changed in place.
  template <class T>
  static T& change(T& variable) noexcept {
    return variable;
  }
};

}  // namespace rondo
