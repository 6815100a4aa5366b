#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <rondo/task/frame_pool.hpp>

namespace rondo {

/// A constant that several have at once, whoever goes last destroys it: what `broadcast` and
/// `watch` hand out, so that nothing is copied for each receiver. May be empty. A handle belongs to
/// one thread at a time, what it refers to may be read on many.
template <class T>
class shared_value {
 public:
  shared_value() noexcept = default;
  /// Takes one block of recycled memory. Throws std::bad_alloc, or what T's constructor throws.
  template <class... Args>
    requires std::constructible_from<T, Args...>
  static shared_value make(Args&&... args) {
    shared_value made;
    made.block_ = new block(std::forward<Args>(args)...);
    return made;
  }
  shared_value(const shared_value& other) noexcept : block_(other.block_) {
    // relaxed: whoever copies has a handle, which keeps the block alive.
    if (block_ != nullptr) block_->handles.fetch_add(1, std::memory_order_relaxed);
  }
  shared_value(shared_value&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  shared_value& operator=(shared_value other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~shared_value() {
    // acquire and release: the last one sees all that the others did before they let go.
    if (block_ != nullptr && block_->handles.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete block_;
    }
  }

  explicit operator bool() const noexcept { return block_ != nullptr; }
  const T& operator*() const noexcept { return block_->value; }
  const T* operator->() const noexcept { return &block_->value; }

 private:
  struct block {
    template <class... Args>
    explicit block(Args&&... args) : value(std::forward<Args>(args)...) {}
    static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
    static void operator delete(void* at, std::size_t size) noexcept {
      frame_pool::deallocate(at, size);
    }
    std::atomic<std::uint32_t> handles{1};  // changed by whoever copies or destroys one
    const T value;
  };
  static_assert(alignof(block) <= 16, "the pool aligns to 16 bytes; share a std::unique_ptr");

  block* block_ = nullptr;
};

}  // namespace rondo
