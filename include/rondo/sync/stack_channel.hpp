#pragma once

#include <rondo/sync/array_store.hpp>
#include <rondo/sync/channel.hpp>

namespace rondo {

namespace detail {

/// Last in, first out.
template <class T>
class stack_store : public array_store<T> {
 public:
  using array_store<T>::array_store;

  void push(T&& value) noexcept { this->push_back(std::move(value)); }
  void pop(std::optional<T>& into, raw_memory&) noexcept {
    into.emplace(std::move(this->entries_[this->size_ - 1]));
    this->pop_back();
  }
};

}  // namespace detail

/// A channel that is last in, first out: what was sent last is received first, for work in which
/// the newest matters most, or is still in the cache. Otherwise as `channel`; senders that wait for
/// room still get it in the order of their coming.
template <class T>
class stack_channel final : public basic_channel<T, detail::stack_store<T>> {
 public:
  using basic_channel<T, detail::stack_store<T>>::basic_channel;
};

}  // namespace rondo
