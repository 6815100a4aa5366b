#pragma once

#include <cstddef>
#include <new>
#include <utility>
#include <vector>

#include <rondo/base/assert.hpp>

namespace rondo {

/// Objects of one type from chunks of `ChunkSize`, recycled through a free list: making and
/// unmaking one costs a few instructions, addresses never move, memory is given back when the slab
/// dies. Every object must be gone by then (asserted). Constructors and destructors may use the
/// slab. Not thread-safe.
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
    RONDO_ASSERT(live_ == 0, live_);
    for (cell* const chunk : chunks_) delete[] chunk;
  }

  template <class... Args>
  T& make(Args&&... args) {
    if (free_ == nullptr) grow();
    lease taken(*this);
    T* const made = ::new (static_cast<void*>(&taken.c->object)) T(std::forward<Args>(args)...);
    taken.c = nullptr;
    ++live_;
    return *made;
  }

  void unmake(T& object) noexcept {
    object.~T();
    cell* const c = reinterpret_cast<cell*>(&object);
    give_back(c);
    --live_;
  }

  std::size_t live() const noexcept { return live_; }

 private:
  /// A cell off the free list, which goes back there unless a constructor has succeeded in it.
  struct lease {
    explicit lease(slab& s) noexcept : from(s), c(s.free_) { s.free_ = c->next; }
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease() {
      if (c != nullptr) from.give_back(c);
    }
    slab& from;
    cell* c;
  };

  void give_back(cell* c) noexcept {
    c->next = free_;
    free_ = c;
  }

  void grow() {
    cell*& chunk = chunks_.emplace_back(nullptr);  // first, so that no chunk can be lost
    chunk = new cell[ChunkSize];
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
