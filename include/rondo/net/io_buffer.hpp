#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace rondo {

class loop;

/// Bytes that were read into a buffer of the backend's, lent until this object goes. Hold it
/// briefly: the buffers are few, shared by all connections of a loop. Empty at the end of the
/// stream. Thread: the loop's. Lifetime: within the loop's.
class io_buffer {
 public:
  io_buffer() noexcept = default;
  /// Lent by the backend of `from` under the number `id`.
  io_buffer(loop& from, std::uint16_t id, const void* data, std::uint32_t size) noexcept
      : from_(&from), data_(static_cast<const std::byte*>(data)), size_(size), id_(id) {}
  /// Owned: a block of new std::byte[], of which the `size` bytes at `data` are meant.
  io_buffer(std::byte* block, const std::byte* data, std::uint32_t size) noexcept
      : block_(block), data_(data), size_(size) {}
  io_buffer(io_buffer&& other) noexcept { take(other); }
  io_buffer& operator=(io_buffer&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~io_buffer() { reset(); }

  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }

  /// Gives the memory back now.
  void reset() noexcept {
    if (from_ != nullptr || block_ != nullptr) release();
    data_ = nullptr;
    size_ = 0;
  }

 private:
  void release() noexcept;
  void take(io_buffer& other) noexcept {
    from_ = std::exchange(other.from_, nullptr);
    block_ = std::exchange(other.block_, nullptr);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0u);
    id_ = other.id_;
  }

  loop* from_ = nullptr;
  std::byte* block_ = nullptr;
  const std::byte* data_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint16_t id_ = 0;
};

}  // namespace rondo
