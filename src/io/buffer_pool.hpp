#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

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

  /// A buffer's id, or `none`: all are lent, or the system has no memory.
  std::uint16_t take() noexcept;

  /// The bytes of a lent buffer.
  unsigned char* data(std::uint16_t id) const noexcept {
    return slabs_[id / slab_buffers].memory + std::size_t{id % slab_buffers} * buffer_size;
  }

  /// Aborts where `id` is not lent: somebody has given it back twice.
  void give_back(std::uint16_t id) noexcept;

  std::uint32_t lent() const noexcept { return lent_; }
  bool exhausted() const noexcept { return lent_ == most_; }
  /// Bytes taken from the system at present.
  std::size_t reserved() const noexcept { return live_slabs_ * slab_size; }

  static constexpr std::uint32_t slab_buffers = 64;  // as many as one word has bits
  static constexpr std::size_t slab_size = std::size_t{slab_buffers} * buffer_size;

 private:
  struct slab {
    unsigned char* memory = nullptr;  // null where it was returned to the system
    std::uint64_t free = 0;           // a bit for each buffer that is not lent
  };

  bool grow() noexcept;
  void release(slab& s) noexcept;

  std::vector<slab> slabs_;
  std::size_t first_free_ = 0;  // no slab before it has a free buffer
  std::size_t live_slabs_ = 0;
  std::uint32_t lent_ = 0;
  std::uint32_t most_;
};

}  // namespace rondo::io
