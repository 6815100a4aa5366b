#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <rondo/base/assert.hpp>
#include <rondo/base/sanitizers.hpp>

namespace rondo::io {

/// Buffers of 4 KiB, lent to whoever has bytes to put into one. Always lends the lowest that is
/// free: what was just given back is warm and lent next, and the memory at the top falls idle,
/// which is where it can be returned to the system. Not thread-safe.
class buffer_pool {
 public:
  static constexpr std::uint32_t buffer_size = 4096;
  static constexpr std::uint16_t none = UINT16_MAX;
  static constexpr std::uint32_t limit = 65'535;  // the ids 0 to 65,534

  /// Lends `most` buffers at once, never more than `limit`. Takes no memory yet.
  explicit buffer_pool(std::uint32_t most = limit) noexcept : most_(most < limit ? most : limit) {}
  buffer_pool(const buffer_pool&) = delete;
  buffer_pool& operator=(const buffer_pool&) = delete;
  ~buffer_pool();

  struct buffer {
    std::uint16_t id = none;
    unsigned char* data =
        nullptr;  ///< null where there is none: all are lent, or the system has no memory
  };

  buffer take() noexcept {
    if (lent_ == most_) [[unlikely]]
      return {};
    if (first_free_->free == 0 && !find_free()) [[unlikely]]
      return {};
    slab& s = *first_free_;
    const auto index = static_cast<unsigned>(std::countr_zero(s.free));
    s.free &= s.free - 1;
    ++lent_;
    unsigned char* const data = s.memory + std::size_t{index} * buffer_size;
    mark(data, buffer_size, true);
    // Never `none`: the lowest of 65,536 ids of which at most 65,534 are lent is below the last.
    return {static_cast<std::uint16_t>(s.first_id + index), data};
  }

  /// Aborts where `id` is not lent: somebody has given it back twice.
  void give_back(std::uint16_t id) noexcept {
    const std::size_t at = id / slab_buffers;
    const std::uint64_t bit = std::uint64_t{1} << (id % slab_buffers);
    RONDO_ASSERT(at < slabs_.size() && slabs_[at].memory != nullptr && (slabs_[at].free & bit) == 0,
                 id);
    slab& s = slabs_[at];
    mark(s.memory + std::size_t{id % slab_buffers} * buffer_size, buffer_size, false);
    s.free |= bit;
    --lent_;
    if (&s < first_free_) first_free_ = &s;
    if (s.free == all_free) [[unlikely]]
      shrink(s);
  }

  std::uint32_t lent() const noexcept { return lent_; }
  bool exhausted() const noexcept { return lent_ == most_; }
  /// Bytes taken from the system at present.
  std::size_t reserved() const noexcept { return live_slabs_ * slab_size; }

  static constexpr std::uint32_t slab_buffers = 64;  // as many as one word has bits
  static constexpr std::size_t slab_size = std::size_t{slab_buffers} * buffer_size;

 private:
  static constexpr std::uint64_t all_free = ~std::uint64_t{0};

  struct slab {
    unsigned char* memory = nullptr;  // null where it was returned to the system
    std::uint64_t free = 0;           // a bit for each buffer that is not lent
    std::uint32_t first_id = 0;
  };

  // Under AddressSanitizer, touching a buffer that is not lent is reported like a use after free.
#if RONDO_ASAN
  static void mark(void* bytes, std::size_t size, bool usable) noexcept;
#else
  static void mark(void*, std::size_t, bool) noexcept {}
#endif

  bool find_free() noexcept;
  bool grow() noexcept;
  void shrink(slab& idle) noexcept;
  void release(slab& s) noexcept;

  std::vector<slab> slabs_;
  slab nothing_;                  // what there is before the first slab
  slab* first_free_ = &nothing_;  // no slab before it has a free buffer
  std::size_t live_slabs_ = 0;
  std::uint32_t lent_ = 0;
  std::uint32_t most_;
};

}  // namespace rondo::io
