// Thread-local free lists of coroutine frames. Sizes are rounded up to 16 n + 8, what glibc's
// malloc can really use of a chunk of 16 (n + 1) bytes: rounding to powers of two, or even to
// multiples of 16, would pay for bytes that nobody gets.
#include <cstdlib>
#include <new>

#include <rondo/task/frame_pool.hpp>

namespace rondo::frame_pool {

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

constexpr std::size_t step = 16;
constexpr std::size_t class_count = 64;  // up to 1 KiB; larger frames are rare and go to the heap
constexpr int kept_per_class = 4096;     // a burst's frames go back to the heap beyond this

constexpr std::size_t class_of(std::size_t size) noexcept {
  return (size + 7) / step;
}
constexpr std::size_t size_of(std::size_t index) noexcept {
  return index * step + 8;
}

struct free_block {
  free_block* next;
};

struct lists {
  free_block* free[class_count];
  int kept[class_count];
  int kept_at_most;  // per class. 0 until the thread frees its first block, and when it ends
  long blocks;
  long bytes;
};

// Zero-initialised and trivially destructible, so that reaching it costs no guard.
constinit thread_local lists mine = {};

/// Gives the lists of a thread back when it ends.
struct janitor {
  janitor() noexcept { mine.kept_at_most = kept_per_class; }
  ~janitor() {
    mine.kept_at_most = 0;
    for (free_block*& head : mine.free) {
      while (head != nullptr) {
        free_block* const block = head;
        head = block->next;
        std::free(block);
      }
    }
  }
};

/// Hires the janitor on the first call of a thread: before that nothing is kept. A thread that only
/// frees needs one as well.
bool may_keep(std::size_t index) noexcept {
  static thread_local const janitor at_thread_exit;
  static_cast<void>(at_thread_exit);
  return mine.kept[index] < mine.kept_at_most;
}

void* from_heap(std::size_t size) {
  void* const block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace

void* allocate(std::size_t size) {
  const std::size_t index = class_of(size);
  void* block = nullptr;
  if (!recycling || index >= class_count) {
    block = from_heap(size);
  } else if (free_block* const head = mine.free[index]) {
    mine.free[index] = head->next;
    --mine.kept[index];
    block = head;
  } else {
    block = from_heap(size_of(index));
  }
  ++mine.blocks;
  mine.bytes += static_cast<long>(size);
  return block;
}

void deallocate(void* block, std::size_t size) noexcept {
  --mine.blocks;
  mine.bytes -= static_cast<long>(size);
  const std::size_t index = class_of(size);
  if (!recycling || index >= class_count ||
      (mine.kept[index] >= mine.kept_at_most && !may_keep(index))) {
    std::free(block);
    return;
  }
  auto* const head = static_cast<free_block*>(block);
  head->next = mine.free[index];
  mine.free[index] = head;
  ++mine.kept[index];
}

long live_blocks() noexcept {
  return mine.blocks;
}
long live_bytes() noexcept {
  return mine.bytes;
}

}  // namespace rondo::frame_pool
