#pragma once

#include <cstddef>

/// Memory for coroutine frames and task records: thread-local free lists by size, because a program
/// of tasks makes and unmakes the same few sizes for ever. A block may be freed by another thread
/// than the one that made it; it is then recycled there. What a thread has too much of it leaves in
/// batches to the others, so that a thread that spawns for all does not live on the heap. Blocks
/// are ordinary heap memory and go back to the heap when their thread ends (and at once under
/// AddressSanitizer, which could not see a reuse otherwise).
namespace rondo::frame_pool {

namespace detail {

// Sizes are rounded up to 16 n + 8, what glibc's malloc can really use of a chunk of 16 (n + 1)
// bytes: rounding to powers of two, or even to multiples of 16, would pay for bytes that nobody
// gets.
inline constexpr std::size_t class_count = 64;  // up to 1 KiB; larger ones are rare: to the heap
constexpr std::size_t class_of(std::size_t size) noexcept {
  return (size + 7) / 16;
}

struct free_block {
  free_block* next;
};

struct lists {
  free_block* free[class_count];
  int kept[class_count];
  int kept_at_most;  // per class: a batch. 0 until the thread's first slow path, -1 after its end
  // Per class a whole batch beside that, or null: so that a thread that goes to and fro over the
  // end of a batch does not go to the shelf each time.
  free_block* spare[class_count];
  long blocks;  // taken from the heap and the shelves minus given back by this thread
  long bytes;
};

// Zero-initialised and trivially destructible, so that reaching it costs no guard.
extern constinit thread_local lists mine;

void* from_elsewhere(std::size_t size);
void keep_or_pass_on(void* block, std::size_t size) noexcept;

}  // namespace detail

/// 16-byte aligned. Throws std::bad_alloc.
inline void* allocate(std::size_t size) {
  const std::size_t index = detail::class_of(size);
  if (index >= detail::class_count || detail::mine.free[index] == nullptr) {
    return detail::from_elsewhere(size);
  }
  detail::free_block* const block = detail::mine.free[index];
  detail::mine.free[index] = block->next;
  --detail::mine.kept[index];
  return block;
}

/// `size` as it was asked for.
inline void deallocate(void* block, std::size_t size) noexcept {
  const std::size_t index = detail::class_of(size);
  if (index >= detail::class_count || detail::mine.kept[index] >= detail::mine.kept_at_most) {
    detail::keep_or_pass_on(block, size);
    return;
  }
  auto* const head = static_cast<detail::free_block*>(block);
  head->next = detail::mine.free[index];
  detail::mine.free[index] = head;
  ++detail::mine.kept[index];
}

/// Blocks made minus blocks freed, by the calling thread and by those that have ended. Tests end by
/// comparing it.
long live_blocks() noexcept;

/// The same in bytes, as the heap was asked for them: rounded up by at most 15 a block.
long live_bytes() noexcept;

/// Bytes that threads have left to each other. Any thread.
long shared_bytes() noexcept;

}  // namespace rondo::frame_pool
