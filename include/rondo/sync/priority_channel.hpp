#pragma once

#include <cstdint>

#include <rondo/sync/array_store.hpp>
#include <rondo/sync/channel.hpp>

namespace rondo {

/// `a < b`: the least comes first.
struct least_first {
  template <class T>
  bool operator()(const T& a, const T& b) const noexcept {
    return a < b;
  }
};

namespace detail {

template <class T>
struct prioritized {
  T value;
  std::uint64_t order;  // of sending, which decides between equals
};

/// A binary heap.
template <class T, class Before>
class heap_store : public array_store<prioritized<T>> {
  using entry = prioritized<T>;

 public:
  using array_store<entry>::array_store;

  void push(T&& value) noexcept {
    this->push_back(std::move(value), sent_++);
    std::size_t at = this->size_ - 1;
    entry rising = std::move(this->entries_[at]);
    for (; at > 0; at = (at - 1) / 2) {
      entry& above = this->entries_[(at - 1) / 2];
      if (!comes_before(rising, above)) break;
      replace(this->entries_[at], above);
    }
    replace(this->entries_[at], rising);
  }

  void pop(std::optional<T>& into, raw_memory&) noexcept {
    into.emplace(std::move(this->entries_[0].value));
    const std::size_t last = this->size_ - 1;
    entry falling = std::move(this->entries_[last]);
    this->pop_back();
    if (last == 0) return;
    std::size_t at = 0;
    for (std::size_t child = 1; child < last; child = 2 * at + 1) {
      if (child + 1 < last && comes_before(this->entries_[child + 1], this->entries_[child])) {
        ++child;
      }
      if (!comes_before(this->entries_[child], falling)) break;
      replace(this->entries_[at], this->entries_[child]);
      at = child;
    }
    replace(this->entries_[at], falling);
  }

 private:
  static bool comes_before(const entry& a, const entry& b) noexcept {
    if (Before()(a.value, b.value)) return true;
    if (Before()(b.value, a.value)) return false;
    return a.order < b.order;
  }
  // T need not be assignable.
  static void replace(entry& what, entry& by) noexcept {
    what.~entry();
    ::new (static_cast<void*>(&what)) entry(std::move(by));
  }

  std::uint64_t sent_ = 0;
};

}  // namespace detail

/// A channel out of which comes first what is before all others in the order of `Before`: the least
/// where nothing else is said. What is equal comes in the order of sending. Otherwise as `channel`;
/// senders that wait for room get it in the order of their coming, whatever they send. `Before` is
/// called under the channel's lock: it is short, and does not throw.
template <class T, class Before = least_first>
class priority_channel final : public basic_channel<T, detail::heap_store<T, Before>> {
 public:
  using basic_channel<T, detail::heap_store<T, Before>>::basic_channel;
};

}  // namespace rondo
