// Slabs of 64 buffers straight from the system, so that what falls idle really goes back to it, and
// so that the pages of a buffer that was never used cost nothing.
#include "io/buffer_pool.hpp"

#include <sys/mman.h>

#include <bit>
#include <new>

#include <rondo/base/assert.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define RONDO_BUFFERS_POISONED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RONDO_BUFFERS_POISONED 1
#endif
#endif
#ifdef RONDO_BUFFERS_POISONED
#include <sanitizer/asan_interface.h>
#endif

namespace rondo::io {
namespace {

// Under AddressSanitizer, reading a buffer that was given back is reported like any use after free.
void set_usable([[maybe_unused]] void* bytes, [[maybe_unused]] std::size_t size,
                [[maybe_unused]] bool usable) noexcept {
#ifdef RONDO_BUFFERS_POISONED
  if (usable) {
    __asan_unpoison_memory_region(bytes, size);
  } else {
    __asan_poison_memory_region(bytes, size);
  }
#endif
}

constexpr std::uint64_t all_free = ~std::uint64_t{0};

}  // namespace

buffer_pool::~buffer_pool() {
  for (slab& s : slabs_) {
    if (s.memory != nullptr) release(s);
  }
}

std::uint16_t buffer_pool::take() noexcept {
  if (lent_ == most_) return none;
  while (first_free_ < slabs_.size() && slabs_[first_free_].free == 0) ++first_free_;
  if (first_free_ == slabs_.size() && !grow()) return none;
  slab& s = slabs_[first_free_];
  const unsigned index = static_cast<unsigned>(std::countr_zero(s.free));
  s.free &= s.free - 1;
  ++lent_;
  set_usable(s.memory + std::size_t{index} * buffer_size, buffer_size, true);
  // Never `none`: the lowest of 65,536 ids of which at most 65,534 are lent is below the last.
  return static_cast<std::uint16_t>(first_free_ * slab_buffers + index);
}

void buffer_pool::give_back(std::uint16_t id) noexcept {
  const std::size_t at = id / slab_buffers;
  const std::uint64_t bit = std::uint64_t{1} << (id % slab_buffers);
  RONDO_ASSERT(at < slabs_.size() && slabs_[at].memory != nullptr && (slabs_[at].free & bit) == 0,
               id);
  slab& s = slabs_[at];
  s.free |= bit;
  --lent_;
  set_usable(data(id), buffer_size, false);
  if (at < first_free_) first_free_ = at;
  // One idle slab is kept, so that a demand that swings around its edge costs no system calls.
  const std::size_t idle = live_slabs_ * slab_buffers - lent_;
  if (s.free == all_free && idle >= std::size_t{2} * slab_buffers) release(s);
}

/// Fills the first hole, or appends. False where there is no memory.
bool buffer_pool::grow() noexcept {
  std::size_t at = 0;
  while (at < slabs_.size() && slabs_[at].memory != nullptr) ++at;
  if (at == slabs_.size()) {
    try {
      slabs_.emplace_back();
    } catch (const std::bad_alloc&) {
      return false;
    }
  }
  void* const memory =
      ::mmap(nullptr, slab_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  set_usable(memory, slab_size, false);
  slabs_[at] = {static_cast<unsigned char*>(memory), all_free};
  ++live_slabs_;
  first_free_ = at;
  return true;
}

void buffer_pool::release(slab& s) noexcept {
  set_usable(s.memory, slab_size, true);  // the addresses may be given to anybody next
  ::munmap(s.memory, slab_size);
  s = {};
  --live_slabs_;
}

}  // namespace rondo::io
