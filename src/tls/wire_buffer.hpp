#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

namespace rondo::tls {

/// Bytes that arrived and were not used yet. Its room grows while the peer fills it, for fewer
/// calls, and shrinks again: who waits for a long time pays for the smallest.
class wire_buffer {
 public:
  /// Where to put the next bytes; then `arrived`.
  std::span<std::byte> room() {
    const std::size_t held = end_ - begin_;
    if (capacity_ - end_ < wanted_ || (held == 0 && capacity_ != wanted_)) {
      const std::size_t needed = held + wanted_;
      auto larger = std::make_unique_for_overwrite<std::byte[]>(needed);
      if (held > 0) std::memcpy(larger.get(), bytes_.get() + begin_, held);
      bytes_ = std::move(larger);
      capacity_ = needed;
      begin_ = 0;
      end_ = held;
    }
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void arrived(std::size_t count) noexcept {
    if (count >= wanted_) {
      wanted_ = std::min(wanted_ * 4, most);
    } else if (count < wanted_ / 8) {
      wanted_ = std::max(wanted_ / 4, least);
    }
    end_ += count;
  }
  void append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const std::span<std::byte> into = room();
      const std::size_t count = std::min(into.size(), bytes.size());
      std::memcpy(into.data(), bytes.data(), count);
      end_ += count;
      bytes = bytes.subspan(count);
    }
  }
  std::size_t take(void* into, std::size_t most_wanted) noexcept {
    const std::size_t count = std::min(most_wanted, end_ - begin_);
    if (count > 0) std::memcpy(into, bytes_.get() + begin_, count);
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
    return count;
  }
  bool empty() const noexcept { return begin_ == end_; }
  /// Gives the memory back where it is empty.
  void release() noexcept {
    if (!empty()) return;
    bytes_.reset();
    capacity_ = 0;
  }

 private:
  static constexpr std::size_t least = 4 * 1024;
  static constexpr std::size_t most = 64 * 1024;

  std::unique_ptr<std::byte[]> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
  std::size_t wanted_ = least;
};

}  // namespace rondo::tls
