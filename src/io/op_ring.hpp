#pragma once

#include <rondo/io/op.hpp>

namespace rondo::io {

/// First in, first out, of the ops that wait for one side of a descriptor, linked through
/// `job::next` into a ring of which only the newest is known: one word, where head and tail would
/// take two in every slot of every idle connection.
class op_ring {
 public:
  bool empty() const noexcept { return newest_ == nullptr; }
  op& front() const noexcept { return static_cast<op&>(*newest_->next); }

  /// Whether `o` is here, and alone.
  bool holds_only(const op& o) const noexcept { return newest_ == &o && o.next == &o; }

  void push(op& o) noexcept {
    if (newest_ == nullptr) {
      o.next = &o;
    } else {
      o.next = newest_->next;
      newest_->next = &o;
    }
    newest_ = &o;
  }

  /// Takes out the oldest; there must be one.
  op& pop() noexcept {
    op& oldest = front();
    if (&oldest == newest_) {
      newest_ = nullptr;
    } else {
      newest_->next = oldest.next;
    }
    return oldest;
  }

  /// Takes `o` out; it must be here. Linear.
  void remove(op& o) noexcept {
    if (o.next == &o) {
      newest_ = nullptr;
      return;
    }
    job* before = newest_;
    while (before->next != &o) before = before->next;
    before->next = o.next;
    if (newest_ == &o) newest_ = static_cast<op*>(before);
  }

  /// Calls `f` on each, oldest first.
  template <class F>
  void for_each(F&& f) const {
    if (newest_ == nullptr) return;
    const job* j = newest_;
    do {
      j = j->next;
      f(static_cast<const op&>(*j));
    } while (j != newest_);
  }

 private:
  op* newest_ = nullptr;
};

}  // namespace rondo::io
