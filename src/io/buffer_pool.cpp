// Slabs of 64 buffers straight from the system, so that what falls idle really goes back to it, and
// so that the pages of a buffer that was never used cost nothing.
#include "io/buffer_pool.hpp"

#include <sys/mman.h>

#include <new>

#if RONDO_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace rondo::io {

#if RONDO_ASAN
void buffer_pool::mark(void* bytes, std::size_t size, bool usable) noexcept {
  if (usable) {
    __asan_unpoison_memory_region(bytes, size);
  } else {
    __asan_poison_memory_region(bytes, size);
  }
}
#endif

buffer_pool::~buffer_pool() {
  for (slab& s : slabs_) {
    if (s.memory != nullptr) release(s);
  }
}

/// Moves on to the next slab that has a free buffer, or makes one. False where there is no memory.
bool buffer_pool::find_free() noexcept {
  if (first_free_ != &nothing_) {
    slab* const end = slabs_.data() + slabs_.size();
    for (slab* s = first_free_; s != end; ++s) {
      if (s->free == 0) continue;
      first_free_ = s;
      return true;
    }
  }
  return grow();
}

/// Fills the first hole, or appends.
bool buffer_pool::grow() noexcept {
  std::size_t at = 0;
  while (at < slabs_.size() && slabs_[at].memory != nullptr) ++at;
  void* const memory =
      ::mmap(nullptr, slab_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  if (at == slabs_.size()) {
    try {
      slabs_.emplace_back();
    } catch (const std::bad_alloc&) {
      ::munmap(memory, slab_size);
      return false;
    }
  }
  mark(memory, slab_size, false);
  slabs_[at] = {static_cast<unsigned char*>(memory), all_free,
                static_cast<std::uint32_t>(at) * slab_buffers};
  ++live_slabs_;
  first_free_ = &slabs_[at];
  return true;
}

/// Returns a slab that has fallen idle to the system, unless it is the only reserve: a demand that
/// swings around the edge of a slab costs no system calls.
void buffer_pool::shrink(slab& idle) noexcept {
  if (live_slabs_ * slab_buffers - lent_ >= std::size_t{2} * slab_buffers) release(idle);
}

void buffer_pool::release(slab& s) noexcept {
  mark(s.memory, slab_size, true);  // the addresses may be given to anybody next
  ::munmap(s.memory, slab_size);
  s.memory = nullptr;
  s.free = 0;
  --live_slabs_;
}

}  // namespace rondo::io
