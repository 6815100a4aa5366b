#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

namespace rondo {

/// Objects of one type from chunks of `ChunkSize`, recycled through a free list: making and
/// unmaking one costs a few instructions, addresses never move, memory is given back when the slab
/// dies. Every object must be gone by then. Not thread-safe.
template <class T, std::size_t ChunkSize = 64>
class slab {
  union cell {
    cell() noexcept : next(nullptr) {}
    ~cell() {}
    cell* next;
    T object;
  };

 public:
  slab() noexcept = default;
  slab(const slab&) = delete;
  slab& operator=(const slab&) = delete;
  ~slab() {
    for (cell* const chunk : chunks_) delete[] chunk;
  }

  template <class... Args>
  T& make(Args&&... args) {
    if (free_ == nullptr) grow();
    cell* const c = free_;
    cell* const rest = c->next;
    T* const made = ::new (static_cast<void*>(&c->object)) T(std::forward<Args>(args)...);
    free_ = rest;
    ++live_;
    return *made;
  }

  void unmake(T& object) noexcept {
    object.~T();
    cell* const c = reinterpret_cast<cell*>(&object);
    c->next = free_;
    free_ = c;
    --live_;
  }

  std::size_t live() const noexcept { return live_; }

 private:
  void grow() {
    chunks_.reserve(chunks_.size() + 1);
    cell* const chunk = chunks_.emplace_back(new cell[ChunkSize]);
    for (std::size_t i = ChunkSize; i-- > 0;) {
      chunk[i].next = free_;
      free_ = &chunk[i];
    }
  }

  std::vector<cell*> chunks_;
  cell* free_ = nullptr;
  std::size_t live_ = 0;
};

}  // namespace rondo
