// The slow paths of the pool of frames: from and to the heap and the other threads, and the end of
// a thread. Each thread counts what it exchanges with these only; what lives is that minus what its
// lists keep, so the fast paths in the header count nothing else. A block may be made by one thread
// and freed by another, so what a thread has counted is handed on when it ends.
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>

#include <rondo/base/sanitizers.hpp>
#include <rondo/base/thread_lock.hpp>
#include <rondo/task/frame_pool.hpp>

namespace rondo::frame_pool {

namespace detail {

constinit thread_local lists mine = {};

namespace {

constexpr bool recycling = !RONDO_ASAN;

constexpr int batch = 64;                   // blocks that change hands at once
constexpr long shared_at_most = 4L << 20U;  // bytes a class; a burst's frames beyond go to the heap

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

/// The first block of a batch on a shelf.
struct shelved : free_block {
  free_block* next_batch;
};
/// Blocks of the smallest class have no room for that, and go to the heap instead.
constexpr bool can_be_shared(std::size_t index) noexcept {
  return size_of(index) >= static_cast<long>(sizeof(shelved));
}

/// Whole batches of one class, for any thread that has none left.
class alignas(64) shelf {
 public:
  /// False where there is enough already: the batch is the caller's.
  bool put(free_block* first, std::size_t index) noexcept {
    const std::lock_guard hold(lock_);
    if ((batches_ + 1) * batch * size_of(index) > shared_at_most) return false;
    static_cast<shelved*>(first)->next_batch = std::exchange(first_, first);
    ++batches_;
    return true;
  }

  free_block* take() noexcept {
    const std::lock_guard hold(lock_);
    if (first_ == nullptr) return nullptr;
    --batches_;
    return std::exchange(first_, static_cast<shelved*>(first_)->next_batch);
  }

  long blocks() noexcept {
    const std::lock_guard hold(lock_);
    return batches_ * batch;
  }

 private:
  thread_lock lock_;  // guards what follows
  free_block* first_ = nullptr;
  long batches_ = 0;
};

constinit shelf shelves[class_count] = {};

void batch_to_heap(free_block* block, std::size_t index) noexcept {
  while (block != nullptr) {
    free_block* const next = block->next;
    to_heap(block, heap_size(static_cast<std::size_t>(size_of(index))));
    block = next;
  }
}

/// Counts a batch that came from a shelf (1) or goes to one (-1) as if that were the heap.
void count_batch(std::size_t index, int sign) noexcept {
  count(sign * batch, sign * batch * size_of(index));
}

/// Gives the lists of a thread back when it ends.
struct janitor {
  janitor() noexcept { mine.kept_at_most = recycling ? batch : 0; }
  ~janitor() {
    mine.kept_at_most = 0;
    for (std::size_t index = 0; index < class_count; ++index) {
      mine.kept[index] = 0;
      batch_to_heap(std::exchange(mine.free[index], nullptr), index);
      batch_to_heap(std::exchange(mine.spare[index], nullptr), index);
    }
    mine.kept_at_most = -1;
    count(std::exchange(mine.blocks, 0), std::exchange(mine.bytes, 0));
  }
};

/// True from the thread's first slow path, which hires the janitor, to its end.
bool may_keep() noexcept {
  static thread_local const janitor at_thread_exit;
  static_cast<void>(at_thread_exit);
  return mine.kept_at_most > 0;
}

/// Makes the list of a class that is full empty: a batch in reserve, and what was there passed on.
void put_aside(std::size_t index) noexcept {
  free_block* const second =
      std::exchange(mine.spare[index], std::exchange(mine.free[index], nullptr));
  mine.kept[index] = 0;
  if (second == nullptr) return;
  if (can_be_shared(index) && shelves[index].put(second, index)) {
    count_batch(index, -1);
  } else {
    batch_to_heap(second, index);
  }
}

/// Whether there was a batch for a list that is empty.
bool refill(std::size_t index) noexcept {
  free_block* found = std::exchange(mine.spare[index], nullptr);
  if (found == nullptr && can_be_shared(index)) {
    found = shelves[index].take();
    if (found != nullptr) count_batch(index, 1);
  }
  if (found == nullptr) return false;
  mine.free[index] = found;
  mine.kept[index] = batch;
  return true;
}

}  // namespace

void* from_elsewhere(std::size_t size) {
  const std::size_t index = class_of(size);
  if (may_keep() && index < class_count && refill(index)) return allocate(size);
  const std::size_t asked = heap_size(size);
  void* const block = std::malloc(asked);
  if (block == nullptr) throw std::bad_alloc();
  count(1, static_cast<long>(asked));
  return block;
}

void keep_or_pass_on(void* block, std::size_t size) noexcept {
  const std::size_t index = class_of(size);
  if (!may_keep() || index >= class_count) return to_heap(block, heap_size(size));
  if (mine.kept[index] == mine.kept_at_most) put_aside(index);
  deallocate(block, size);
}

}  // namespace detail

namespace {

long kept_of(std::size_t index) noexcept {
  return detail::mine.kept[index] + (detail::mine.spare[index] != nullptr ? detail::batch : 0);
}

}  // namespace

long live_blocks() noexcept {
  long kept = 0;
  for (std::size_t index = 0; index < detail::class_count; ++index) kept += kept_of(index);
  return detail::blocks_of_ended.load(std::memory_order_relaxed) + detail::mine.blocks - kept;
}

long live_bytes() noexcept {
  long kept = 0;
  for (std::size_t index = 0; index < detail::class_count; ++index) {
    kept += kept_of(index) * detail::size_of(index);
  }
  return detail::bytes_of_ended.load(std::memory_order_relaxed) + detail::mine.bytes - kept;
}

long shared_bytes() noexcept {
  long bytes = 0;
  for (std::size_t index = 0; index < detail::class_count; ++index) {
    bytes += detail::shelves[index].blocks() * detail::size_of(index);
  }
  return bytes;
}

}  // namespace rondo::frame_pool
