// The slow paths of the pool of frames: from and to the heap, and the end of a thread. Each thread
// counts what it exchanges with the heap only; what lives is that minus what its lists keep, so the
// fast paths in the header count nothing else. A block may be made by one thread and freed by
// another, so what a thread has counted is handed on when it ends.
#include <atomic>
#include <cstdlib>
#include <new>
#include <utility>

#include <rondo/task/frame_pool.hpp>

namespace rondo::frame_pool {

namespace detail {

constinit thread_local lists mine = {};

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool recycling = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool recycling = false;
#else
constexpr bool recycling = true;
#endif
#else
constexpr bool recycling = true;
#endif

constexpr int kept_per_class = 4096;  // a burst's frames go back to the heap beyond this

constexpr long size_of(std::size_t index) noexcept {
  return static_cast<long>(index) * 16 + 8;
}

/// What the heap is asked for: under AddressSanitizer no byte more than what is used.
std::size_t heap_size(std::size_t size) noexcept {
  const std::size_t index = class_of(size);
  if (!recycling || index >= class_count) return size;
  return static_cast<std::size_t>(size_of(index));
}

// What threads that have ended had counted. Relaxed: figures, read when those threads were joined.
constinit std::atomic<long> blocks_of_ended{0};
constinit std::atomic<long> bytes_of_ended{0};

/// Also after the thread's own count has been handed on: its destructors may go on.
void count(long blocks, long bytes) noexcept {
  if (mine.kept_at_most >= 0) {
    mine.blocks += blocks;
    mine.bytes += bytes;
  } else {
    blocks_of_ended.fetch_add(blocks, std::memory_order_relaxed);
    bytes_of_ended.fetch_add(bytes, std::memory_order_relaxed);
  }
}

void to_heap(void* block, std::size_t size) noexcept {
  count(-1, -static_cast<long>(size));
  std::free(block);
}

/// Gives the lists of a thread back when it ends.
struct janitor {
  janitor() noexcept { mine.kept_at_most = recycling ? kept_per_class : 0; }
  ~janitor() {
    mine.kept_at_most = 0;
    for (std::size_t index = 0; index < class_count; ++index) {
      while (free_block* const block = mine.free[index]) {
        mine.free[index] = block->next;
        --mine.kept[index];
        to_heap(block, heap_size(static_cast<std::size_t>(size_of(index))));
      }
    }
    mine.kept_at_most = -1;
    count(std::exchange(mine.blocks, 0), std::exchange(mine.bytes, 0));
  }
};

/// Hires the janitor on the first call of a thread; before that, nothing is kept.
void begin_thread() noexcept {
  static thread_local const janitor at_thread_exit;
  static_cast<void>(at_thread_exit);
}

}  // namespace

void* from_heap(std::size_t size) {
  begin_thread();
  const std::size_t asked = heap_size(size);
  void* const block = std::malloc(asked);
  if (block == nullptr) throw std::bad_alloc();
  count(1, static_cast<long>(asked));
  return block;
}

void keep_or_free(void* block, std::size_t size) noexcept {
  begin_thread();
  const std::size_t index = class_of(size);
  if (index < class_count && mine.kept[index] < mine.kept_at_most) {
    deallocate(block, size);
  } else {
    to_heap(block, heap_size(size));
  }
}

}  // namespace detail

long live_blocks() noexcept {
  long kept = 0;
  for (const int each : detail::mine.kept) kept += each;
  return detail::blocks_of_ended.load(std::memory_order_relaxed) + detail::mine.blocks - kept;
}

long live_bytes() noexcept {
  long kept = 0;
  for (std::size_t index = 0; index < detail::class_count; ++index) {
    kept += detail::mine.kept[index] * detail::size_of(index);
  }
  return detail::bytes_of_ended.load(std::memory_order_relaxed) + detail::mine.bytes - kept;
}

}  // namespace rondo::frame_pool
