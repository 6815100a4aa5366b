// The pool behind "some bytes". The ring is memory that the kernel reads buffers from; one system
// call registers it, and from then on giving a buffer back is two stores.
#include <errno.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <new>

#include <rondo/base/assert.hpp>
#include <rondo/base/sanitizers.hpp>

#include "io/uring_buffers.hpp"

#if RONDO_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace rondo::io {
namespace {

constexpr std::size_t ring_bytes = uring_buffers::ring_entries * sizeof(io_uring_buf);

// The sanitizer can't see the kernel write, but it can see us read: whoever touches a buffer that
// has been given back is caught as if the memory were freed.
void forbid([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t size) noexcept {
#if RONDO_ASAN
  __asan_poison_memory_region(memory, size);
#endif
}
void allow([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t size) noexcept {
#if RONDO_ASAN
  __asan_unpoison_memory_region(memory, size);
#endif
}

void* map_pages(std::size_t size) noexcept {
  void* const memory =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

}  // namespace

uring_buffers::~uring_buffers() {
  for (unsigned char* const block : blocks_) {
    allow(block, std::size_t{block_size} * buffer_size);
    munmap(block, std::size_t{block_size} * buffer_size);
  }
  if (entries_ != nullptr) munmap(entries_, ring_bytes);
}

int uring_buffers::open(uring_ring& ring) noexcept {
  entries_ = static_cast<io_uring_buf*>(map_pages(ring_bytes));
  if (entries_ == nullptr) return -ENOMEM;
  io_uring_buf_reg registration = {};
  registration.ring_addr = reinterpret_cast<std::uintptr_t>(entries_);
  registration.ring_entries = ring_entries;
  registration.bgid = group;
  if (const int got = ring.register_with(abi::register_pbuf_ring, &registration, 1); got < 0) {
    return got;
  }
  return grow() ? 0 : -ENOMEM;
}

bool uring_buffers::grow() noexcept {
  const std::size_t have = chunks_.size();
  const std::size_t want = std::clamp<std::size_t>(have, first_size, ring_entries);
  for (std::size_t added = 0; added < want; added += block_size) {
    if (!add_block()) return added != 0;
  }
  return true;
}

bool uring_buffers::add_block() noexcept {
  const std::size_t first = chunks_.size();
  if (first >= limit) return false;
  // The highest id is op::no_buffer: the last block has one buffer that is never used.
  const std::size_t end = std::min<std::size_t>(first + block_size, limit);
  try {
    blocks_.reserve(blocks_.size() + 1);
    chunks_.resize(end);
  } catch (const std::bad_alloc&) {
    return false;
  }
  void* const block = map_pages(std::size_t{block_size} * buffer_size);
  if (block == nullptr) {
    chunks_.resize(first);
    return false;
  }
  blocks_.push_back(static_cast<unsigned char*>(block));
  forbid(block, std::size_t{block_size} * buffer_size);
  for (std::size_t id = first; id < end; ++id) hand_over(static_cast<std::uint16_t>(id));
  return true;
}

void uring_buffers::hand_over(std::uint16_t id) noexcept {
  if (with_kernel_ == ring_entries) {
    chunks_[id].next = spare_;
    spare_ = id;
    return;
  }
  io_uring_buf& entry = entries_[tail_ & (ring_entries - 1)];
  entry.addr = reinterpret_cast<std::uintptr_t>(data(id));
  entry.len = buffer_size;
  entry.bid = id;
  // The tail lies where the first entry has its reserved field (so no entry may be cleared or
  // copied whole), and the header's name for it is unusable from C++: its flexible array is moved
  // by the size of an empty struct, which is 1 here and 0 in C. The release makes the entry above
  // visible first; it pairs with the smp_load_acquire of the tail in io_ring_buffer_select.
  ++tail_;
  std::atomic_ref<__u16>(entries_[0].resv).store(tail_, std::memory_order_release);
  ++with_kernel_;
}

void uring_buffers::take(std::uint16_t id, std::uint32_t size) noexcept {
  --with_kernel_;
  chunk& c = chunks_[id];
  c = {.next = none, .begin = 0, .end = static_cast<std::uint16_t>(size), .ours = true};
  allow(data(id), size);
  if (spare_ != none) {
    const std::uint16_t refill = spare_;
    spare_ = chunks_[refill].next;
    hand_over(refill);
  }
}

void uring_buffers::give_back(std::uint16_t id) noexcept {
  RONDO_ASSERT(id < chunks_.size() && chunks_[id].ours, id);
  chunks_[id].ours = false;
  forbid(data(id), buffer_size);
  hand_over(id);
}

}  // namespace rondo::io
