#pragma once

#include <cstddef>
#include <new>
#include <optional>
#include <utility>

namespace rondo {

/// The capacity of a channel without a limit.
inline constexpr std::size_t unbounded = static_cast<std::size_t>(-1);

namespace detail {

/// Memory for values that are not there yet. Made and freed without the lock of the channel, which
/// is only held while it changes hands.
class raw_memory {
 public:
  raw_memory() noexcept = default;
  raw_memory(std::size_t bytes, std::size_t alignment)
      : at_(::operator new(bytes, std::align_val_t(alignment))),
        bytes_(bytes),
        alignment_(alignment) {}
  raw_memory(raw_memory&& other) noexcept
      : at_(std::exchange(other.at_, nullptr)),
        bytes_(other.bytes_),
        alignment_(other.alignment_) {}
  raw_memory& operator=(raw_memory&& other) noexcept {
    std::swap(at_, other.at_);
    std::swap(bytes_, other.bytes_);
    std::swap(alignment_, other.alignment_);
    return *this;
  }
  ~raw_memory() {
    if (at_ != nullptr) ::operator delete(at_, std::align_val_t(alignment_));
  }
  /// Takes over what `release` gave away.
  static raw_memory adopt(void* at, std::size_t alignment) noexcept {
    raw_memory memory;
    memory.at_ = at;
    memory.alignment_ = alignment;
    return memory;
  }
  /// As it was asked for; 0 where that is not known.
  std::size_t bytes() const noexcept { return bytes_; }
  void* release() noexcept { return std::exchange(at_, nullptr); }

 private:
  void* at_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t alignment_ = 1;
};

/// What waits in a channel, first in, first out: a circle of blocks. The values lie from the head
/// to the tail, and what is behind the tail is free. A bounded one is a circle of one block, which
/// is a ring; an unbounded one gets another block in front of the tail where all are in use, and
/// gives them back when they have been free for a while. Guarded by the channel's lock.
template <class T>
class fifo_store {
 public:
  explicit fifo_store(std::size_t capacity)
      : grows_(capacity == unbounded), slots_(grows_ ? slots_of_a_block : capacity) {
    if (slots_ == 0) return;
    auto* const first = static_cast<block*>(more(slots_).release());
    first->next = first;
    head_block_ = tail_block_ = first;
    head_ = tail_ = first->slots();
  }
  fifo_store(const fifo_store&) = delete;
  ~fifo_store() {
    while (size_ > 0) remove_first();
    if (head_block_ == nullptr) return;
    for (block* b = std::exchange(head_block_->next, nullptr); b != nullptr;) {
      block* const following = b->next;
      raw_memory::adopt(b, alignment);
      b = following;
    }
  }

  std::size_t size() const noexcept { return size_; }

  // Growing: while `has_room` is false, `more(wanted())` is made without the lock and added.
  bool has_room() const noexcept { return tail_ != nullptr; }
  std::size_t wanted() const noexcept { return slots_; }
  static raw_memory more(std::size_t slots) {
    return raw_memory(block::offset + slots * sizeof(T), alignment);
  }
  void add(raw_memory& memory) noexcept {
    if (has_room()) return;  // somebody else was faster
    auto* const b = static_cast<block*>(memory.release());
    b->next = tail_block_->next;
    tail_block_->next = b;
    ++free_blocks_;
    enter_next_block();
  }

  /// Where there is room.
  void push(T&& value) noexcept {
    ::new (static_cast<void*>(tail_)) T(std::move(value));
    ++size_;
    if (++tail_ == tail_block_->slots() + slots_) [[unlikely]]
      leave_tail_block();
  }

  /// Where it is not empty. `leftover` is freed by the caller, without the lock.
  void pop(std::optional<T>& into, raw_memory& leftover) noexcept {
    into.emplace(std::move(*head_));
    remove_first();
    if (free_blocks_ > blocks_to_keep) [[unlikely]]
      give_back_block(leftover);
  }

 private:
  struct block {
    static constexpr std::size_t offset =
        (sizeof(void*) + alignof(T) - 1) / alignof(T) * alignof(T);
    T* slots() noexcept {
      return reinterpret_cast<T*>(reinterpret_cast<std::byte*>(this) + offset);
    }
    block* next;
  };
  static constexpr std::size_t alignment = alignof(T) > alignof(void*) ? alignof(T)
                                                                       : alignof(void*);
  static constexpr std::size_t slots_of_a_block = sizeof(T) >= 64 ? 16 : 1024 / sizeof(T);
  static constexpr int blocks_to_keep = 1;

  void enter_next_block() noexcept {
    tail_block_ = tail_block_->next;
    tail_ = tail_block_->slots();
    if (grows_) --free_blocks_;
  }
  [[gnu::noinline]] void leave_tail_block() noexcept {
    if (!grows_ || free_blocks_ > 0) {
      enter_next_block();
    } else {
      tail_ = nullptr;
    }
  }
  void remove_first() noexcept {
    head_->~T();
    --size_;
    if (++head_ == head_block_->slots() + slots_) [[unlikely]]
      leave_head_block();
  }
  [[gnu::noinline]] void leave_head_block() noexcept {
    head_block_ = head_block_->next;
    head_ = head_block_->slots();
    if (!grows_) return;
    ++free_blocks_;
    if (tail_ == nullptr) enter_next_block();
  }
  [[gnu::noinline]] void give_back_block(raw_memory& leftover) noexcept {
    block* const b = tail_block_->next;
    tail_block_->next = b->next;
    --free_blocks_;
    leftover = raw_memory::adopt(b, alignment);
  }

  const bool grows_;
  int free_blocks_ = 0;      // of one that grows
  const std::size_t slots_;  // of each block
  std::size_t size_ = 0;
  block* head_block_ = nullptr;
  block* tail_block_ = nullptr;
  T* head_ = nullptr;
  T* tail_ = nullptr;  // where the next one comes; null where there is no room
};

}  // namespace detail
}  // namespace rondo
