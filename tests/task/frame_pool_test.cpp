// The pool of frames: sizes, alignment, recycling, and blocks that change threads.
#include <rondo/task/frame_pool.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "support/seed.hpp"

namespace {

namespace frame_pool = rondo::frame_pool;

TEST(frame_pool, gives_aligned_blocks_of_every_size) {
  std::vector<void*> blocks;
  for (std::size_t size = 1; size <= 2'000; ++size) {
    void* const block = frame_pool::allocate(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 16, 0U) << size;
    std::memset(block, 0xAB, size);  // the sanitizer knows how much there is
    blocks.push_back(block);
  }
  for (std::size_t size = 2'000; size >= 1; --size) {
    frame_pool::deallocate(blocks[size - 1], size);
  }
}

TEST(frame_pool, counts_blocks_and_bytes) {
  const long blocks = frame_pool::live_blocks();
  const long bytes = frame_pool::live_bytes();
  void* const a = frame_pool::allocate(100);
  void* const b = frame_pool::allocate(5'000);
  EXPECT_EQ(frame_pool::live_blocks(), blocks + 2);
  EXPECT_GE(frame_pool::live_bytes(), bytes + 5'100);
  EXPECT_LT(frame_pool::live_bytes(), bytes + 5'100 + 2 * 16);
  frame_pool::deallocate(a, 100);
  frame_pool::deallocate(b, 5'000);
  EXPECT_EQ(frame_pool::live_blocks(), blocks);
  EXPECT_EQ(frame_pool::live_bytes(), bytes);
}

TEST(frame_pool, never_gives_a_block_twice_at_once) {
  std::mt19937_64 random(rondo::testing::seed());
  struct held {
    unsigned char* block;
    std::size_t size;
    unsigned char mark;
  };
  std::vector<held> all;
  const auto give_back = [&](std::size_t at) {
    const held& h = all[at];
    for (std::size_t i = 0; i < h.size; ++i) ASSERT_EQ(h.block[i], h.mark) << "size " << h.size;
    frame_pool::deallocate(h.block, h.size);
    all[at] = all.back();
    all.pop_back();
  };
  for (int i = 0; i < 20'000; ++i) {
    if (all.size() < 200 && (all.empty() || random() % 2 == 0)) {
      const std::size_t size = 1 + random() % 1'200;
      auto* const block = static_cast<unsigned char*>(frame_pool::allocate(size));
      const auto mark = static_cast<unsigned char>(random());
      std::memset(block, mark, size);
      all.push_back({block, size, mark});
    } else {
      give_back(random() % all.size());
    }
  }
  while (!all.empty()) give_back(0);
}

TEST(frame_pool, takes_back_blocks_in_another_thread) {
  // As many one way as the other, since each thread counts for itself.
  constexpr int count = 1'000;
  std::vector<void*> mine;
  std::vector<void*> theirs;
  long in_the_thread = 0;
  for (int i = 0; i < count; ++i) mine.push_back(frame_pool::allocate(48));
  std::thread([&] {
    for (void* const block : mine) frame_pool::deallocate(block, 48);
    in_the_thread = frame_pool::live_blocks();
    for (int i = 0; i < count; ++i) theirs.push_back(frame_pool::allocate(48));
  }).join();
  EXPECT_EQ(in_the_thread, -count);
  for (void* const block : theirs) frame_pool::deallocate(block, 48);
}

TEST(frame_pool, passes_on_what_a_thread_has_too_much_of) {
  constexpr int count = 1'000;
  constexpr std::size_t size = 72;
  std::vector<void*> made;
  for (int i = 0; i < count; ++i) made.push_back(frame_pool::allocate(size));
  const long before = frame_pool::shared_bytes();
  long afterwards = 0;
  bool recycling = true;
  std::thread([&] {
    for (void* const block : made) frame_pool::deallocate(block, size);
    afterwards = frame_pool::shared_bytes();
    recycling = frame_pool::detail::mine.kept_at_most > 0;
  }).join();
  if (!recycling) GTEST_SKIP() << "no recycling under AddressSanitizer";
  EXPECT_GT(afterwards - before, (count - 200) * static_cast<long>(size));  // it keeps a few
  for (void*& block : made) block = frame_pool::allocate(size);
  EXPECT_LE(frame_pool::shared_bytes(), before);
  for (void* const block : made) frame_pool::deallocate(block, size);
}

TEST(frame_pool, gives_to_the_heap_what_is_too_much_for_all) {
  constexpr int count = 10'000;
  constexpr std::size_t size = 1'000;  // more than what a shelf of them holds
  std::vector<void*> made;
  const long blocks = frame_pool::live_blocks();
  for (int i = 0; i < count; ++i) made.push_back(frame_pool::allocate(size));
  for (void* const block : made) frame_pool::deallocate(block, size);
  EXPECT_LE(frame_pool::shared_bytes(), 64 * (4L << 20U));
  EXPECT_EQ(frame_pool::live_blocks(), blocks);
}

TEST(frame_pool, serves_a_thread_that_ends_by_freeing) {
  // A thread's own destructors may run after those of the pool.
  struct late {
    void* block = nullptr;
    ~late() {
      if (block != nullptr) frame_pool::deallocate(block, 64);
    }
  };
  std::thread([] {
    static thread_local late first;  // made before the pool's own end is arranged, hence ends after
    first.block = nullptr;
    frame_pool::deallocate(frame_pool::allocate(64), 64);
    first.block = frame_pool::allocate(64);
  }).join();
}

}  // namespace
