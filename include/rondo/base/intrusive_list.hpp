#pragma once

#include <rondo/base/assert.hpp>

namespace rondo {

/// The two links of one membership. A type that sits in several lists inherits from several hooks,
/// told apart by `Tag`. Unlinked on construction; copying is refused, since others point here. It
/// does not leave its list by dying: call `unlink` first.
template <class Tag = void>
class list_hook {
 public:
  list_hook() noexcept = default;
  list_hook(const list_hook&) = delete;
  list_hook& operator=(const list_hook&) = delete;

  bool is_linked() const noexcept { return next_ != nullptr; }

  /// Leaves whichever list this is in. Constant time; nothing where it is in none.
  void unlink() noexcept {
    if (next_ == nullptr) return;
    next_->prev_ = prev_;
    prev_->next_ = next_;
    next_ = nullptr;
    prev_ = nullptr;
  }

 private:
  template <class, class>
  friend class intrusive_list;

  list_hook* next_ = nullptr;
  list_hook* prev_ = nullptr;
};

/// A doubly linked list of objects that own their links. Does not own the objects, and is empty
/// before it dies. Not thread-safe.
template <class T, class Tag = void>
class intrusive_list {
  using hook = list_hook<Tag>;

 public:
  intrusive_list() noexcept { clear_links(); }
  intrusive_list(const intrusive_list&) = delete;
  intrusive_list& operator=(const intrusive_list&) = delete;

  bool empty() const noexcept { return end_.next_ == &end_; }

  /// The element must not be in a list (of this tag) already.
  void push_back(T& element) noexcept {
    hook& h = element;
    RONDO_ASSERT(!h.is_linked());
    h.prev_ = end_.prev_;
    h.next_ = &end_;
    end_.prev_->next_ = &h;
    end_.prev_ = &h;
  }

  /// The list must not be empty.
  T& front() noexcept {
    RONDO_ASSERT(!empty());
    return static_cast<T&>(*end_.next_);
  }

  /// The oldest element, or null.
  T* pop_front() noexcept {
    if (empty()) return nullptr;
    T& first = front();
    static_cast<hook&>(first).unlink();
    return &first;
  }

  /// Moves all of `other`, which is another list, behind what is here. Constant time.
  void append(intrusive_list& other) noexcept {
    if (other.empty()) return;
    other.end_.next_->prev_ = end_.prev_;
    end_.prev_->next_ = other.end_.next_;
    other.end_.prev_->next_ = &end_;
    end_.prev_ = other.end_.prev_;
    other.clear_links();
  }

  /// Calls `f` on each. `f` may unlink or destroy the element that it was given, but no other.
  template <class F>
  void for_each(F&& f) {
    for (hook* h = end_.next_; h != &end_;) {
      hook* const following = h->next_;
      f(static_cast<T&>(*h));
      h = following;
    }
  }

  /// Calls `f` on each, which changes nothing.
  template <class F>
  void for_each(F&& f) const {
    for (const hook* h = end_.next_; h != &end_; h = h->next_) f(static_cast<const T&>(*h));
  }

 private:
  void clear_links() noexcept {
    end_.next_ = &end_;
    end_.prev_ = &end_;
  }

  hook end_;
};

}  // namespace rondo
