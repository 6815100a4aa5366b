#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "io/uring_ring.hpp"

namespace rondo::io {

/// Buffers of 4 KiB that the kernel chooses from when bytes arrive ("provided buffer ring"), so
/// that a connection holds one only while there are bytes in it. A buffer is in one of three
/// places: with the kernel, spare (the ring to the kernel is full), or ours: lent to a receiver or
/// kept for one. Thread: the ring's.
class uring_buffers {
 public:
  static constexpr unsigned buffer_size = 4096;
  static constexpr unsigned ring_entries = 1024;  ///< at most this many are with the kernel
  static constexpr unsigned first_size = 64;
  static constexpr unsigned limit = UINT16_MAX;  ///< ids are below op::no_buffer
  static constexpr std::uint16_t group = 0;
  static constexpr std::uint16_t none = UINT16_MAX;

  /// What lies in a buffer that is ours. Beside the buffers, so that they stay whole pages.
  struct chunk {
    std::uint16_t next = none;  ///< in a list of kept chunks, or of spare buffers
    std::uint16_t begin = 0;    ///< the bytes before it have been consumed
    std::uint16_t end = 0;
    bool ours = false;
  };

  uring_buffers() noexcept = default;
  uring_buffers(const uring_buffers&) = delete;
  uring_buffers& operator=(const uring_buffers&) = delete;
  ~uring_buffers();

  /// Registers with `ring`, which must be closed before this is destroyed. 0 or a negated errno.
  int open(uring_ring& ring) noexcept;

  /// Doubles the pool, by at most 1024. False where the limit is reached or memory is out.
  bool grow() noexcept;

  /// How many the kernel can choose from, as far as we have heard.
  unsigned with_kernel() const noexcept { return with_kernel_; }

  /// The kernel has put `size` bytes into `id`: it is ours now.
  void take(std::uint16_t id, std::uint32_t size) noexcept;
  /// Gives it to the kernel again. Aborts where it isn't ours.
  void give_back(std::uint16_t id) noexcept;

  chunk& operator[](std::uint16_t id) noexcept { return chunks_[id]; }
  unsigned char* data(std::uint16_t id) const noexcept {
    return blocks_[id / block_size] + std::size_t{id % block_size} * buffer_size;
  }

 private:
  static constexpr unsigned block_size = 64;

  bool add_block() noexcept;
  void hand_over(std::uint16_t id) noexcept;

  io_uring_buf* entries_ = nullptr;  // shared with the kernel
  std::uint16_t tail_ = 0;
  unsigned with_kernel_ = 0;
  std::uint16_t spare_ = none;  // a list through chunk::next
  std::vector<chunk> chunks_;
  std::vector<unsigned char*> blocks_;
};

}  // namespace rondo::io
