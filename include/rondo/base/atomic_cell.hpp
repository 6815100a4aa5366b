#pragma once

#include <type_traits>

namespace rondo {

/// A word that one thread writes and others read: the little of std::atomic that the headers of
/// tasks need, since `<atomic>` alone would be a sixth of what each of them costs to compile.
template <class T>
class atomic_cell {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(void*));

 public:
  constexpr explicit atomic_cell(T value) noexcept : value_(value) {}
  atomic_cell(const atomic_cell&) = delete;

  T load_relaxed() const noexcept { return __atomic_load_n(&value_, __ATOMIC_RELAXED); }
  void store_relaxed(T value) noexcept { __atomic_store_n(&value_, value, __ATOMIC_RELAXED); }
  /// Sees all that was written before the `store_release` that it reads from.
  T load_acquire() const noexcept { return __atomic_load_n(&value_, __ATOMIC_ACQUIRE); }
  void store_release(T value) noexcept { __atomic_store_n(&value_, value, __ATOMIC_RELEASE); }

 private:
  T value_;
};

}  // namespace rondo
