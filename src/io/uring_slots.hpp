#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include <rondo/io/op.hpp>

#include "io/op_ring.hpp"

namespace rondo::io {

/// What the backend knows of one descriptor. 32 bytes.
///
/// The stream is a multishot request: accept or receive, asked once and answered again and again
/// until its last completion, the one without F_MORE. There is never more than one of a descriptor
/// at a time, and never beside a single receive or accept: two requests that take from the same
/// queue of the kernel may complete in either order, and bytes out of order are worse than none.
struct uring_slot {
  static constexpr std::int32_t nothing = -1;

  op_ring reading;
  op_ring writing;

  /// Whether the stream has left anything for the next reader.
  bool has_news() const noexcept { return kept != 0 || ended; }

  op_ring& side_of(const op& o) noexcept { return is_reading(o.kind) ? reading : writing; }

  // What the stream brought while nobody waited, oldest first: ids of buffers, linked through
  // uring_buffers::chunk::next; or of a listener the accepted descriptors, linked through the
  // `first_kept` of their own slots, which nobody else can be using yet.
  std::int32_t first_kept = nothing;
  std::int32_t last_kept = nothing;
  std::int32_t ending = 0;  ///< where `ended`: 0 for the end of the bytes, or a negated errno
  std::uint16_t kept = 0;

  bool listener : 1 = false;          ///< its stream brings connections, not bytes
  bool streaming : 1 = false;         ///< the last completion of the stream has not come yet
  bool stream_cancelled : 1 = false;  ///< it has been asked to end
  bool ended : 1 = false;             ///< `ending` waits for somebody to tell
  bool crowded : 1 = false;           ///< on the list of those that may have to be throttled
  bool closing : 1 = false;           ///< closed for its owner; the kernel has not let go of it yet
};

static_assert(sizeof(uring_slot) == 32);

/// Slots by descriptor. They move when the table grows: no reference outlives a call of `make`.
class uring_slots {
 public:
  /// Null where `fd` can't be a descriptor or there is no memory.
  uring_slot* make(int fd) noexcept {
    return static_cast<unsigned>(fd) < slots_.size() ? &(*this)[fd] : grow(fd);
  }

  /// Null where none was made.
  uring_slot* find(int fd) noexcept {
    return static_cast<unsigned>(fd) < slots_.size() ? &(*this)[fd] : nullptr;
  }

  uring_slot& operator[](int fd) noexcept { return slots_[static_cast<std::size_t>(fd)]; }

  auto begin() const noexcept { return slots_.begin(); }
  auto end() const noexcept { return slots_.end(); }
  int size() const noexcept { return static_cast<int>(slots_.size()); }

 private:
  [[gnu::noinline]] uring_slot* grow(int fd) noexcept {
    if (fd < 0) return nullptr;
    const auto place = static_cast<std::size_t>(fd);
    try {
      slots_.resize(place + 1 + place / 2);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
    return &slots_[place];
  }

  std::vector<uring_slot> slots_;
};

}  // namespace rondo::io
