#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include <rondo/sync/channel_store.hpp>

namespace rondo::detail {

/// An array that may grow, for the values of a channel that are not received in the order of their
/// sending. Has the functions for growing that `fifo_store` has, and is guarded like it.
template <class Entry>
class array_store {
 public:
  explicit array_store(std::size_t capacity) {
    raw_memory memory = more(capacity == unbounded ? slots_at_first : capacity);
    add(memory);
  }
  array_store(const array_store&) = delete;
  ~array_store() {
    while (size_ > 0) entries_[--size_].~Entry();
    raw_memory::adopt(entries_, alignof(Entry));
  }

  std::size_t size() const noexcept { return size_; }

  bool has_room() const noexcept { return size_ < room_; }
  std::size_t wanted() const noexcept { return 2 * room_; }
  static raw_memory more(std::size_t slots) {
    return raw_memory(slots * sizeof(Entry), alignof(Entry));
  }
  /// `memory` is what was in use before, afterwards.
  void add(raw_memory& memory) noexcept {
    const std::size_t room = memory.bytes() / sizeof(Entry);
    if (room <= room_) return;  // somebody else was faster
    auto* const larger = static_cast<Entry*>(memory.release());
    for (std::size_t i = 0; i < size_; ++i) {
      ::new (static_cast<void*>(larger + i)) Entry(std::move(entries_[i]));
      entries_[i].~Entry();
    }
    memory = raw_memory::adopt(std::exchange(entries_, larger), alignof(Entry));
    room_ = room;
  }

 protected:
  /// Where there is room.
  template <class... Args>
  void push_back(Args&&... args) noexcept {
    ::new (static_cast<void*>(entries_ + size_)) Entry(std::forward<Args>(args)...);
    ++size_;
  }
  void pop_back() noexcept { entries_[--size_].~Entry(); }

  Entry* entries_ = nullptr;
  std::size_t size_ = 0;

 private:
  static constexpr std::size_t slots_at_first = 16;

  std::size_t room_ = 0;
};

}  // namespace rondo::detail
