// A four-ary heap of (due, sequence, timer*) with each timer knowing its position, so that a cancel
// is a removal from the middle and never a tombstone: a million cancelled timeouts cost no memory.
#include <rondo/base/assert.hpp>
#include <rondo/base/timer_heap.hpp>

namespace rondo {

namespace {
constexpr std::size_t arity = 4;
}

void timer_heap::arm(timer& t, instant due) {
  RONDO_ASSERT(!t.is_armed(), t.position_);
  const entry e{due, sequence_, &t};
  entries_.push_back(e);
  ++sequence_;
  sift_up(entries_.size() - 1, e);
}

void timer_heap::disarm(timer& t) noexcept {
  if (t.is_armed()) remove_at(t.position_);
}

timer* timer_heap::pop_due(instant now, std::uint64_t generation) noexcept {
  if (entries_.empty()) return nullptr;
  const entry& first = entries_.front();
  if (first.due > now || first.sequence >= generation) return nullptr;
  timer* const t = first.owner;
  remove_at(0);
  return t;
}

void timer_heap::place(std::size_t at, const entry& e) noexcept {
  entries_[at] = e;
  e.owner->position_ = static_cast<std::uint32_t>(at);
}

void timer_heap::sift_up(std::size_t at, const entry& e) noexcept {
  while (at > 0) {
    const std::size_t parent = (at - 1) / arity;
    if (!e.before(entries_[parent])) break;
    place(at, entries_[parent]);
    at = parent;
  }
  place(at, e);
}

void timer_heap::sift_down(std::size_t at, const entry& e) noexcept {
  const std::size_t count = entries_.size();
  for (;;) {
    const std::size_t first = at * arity + 1;
    if (first >= count) break;
    const std::size_t last = first + arity < count ? first + arity : count;
    std::size_t least = first;
    for (std::size_t child = first + 1; child < last; ++child) {
      if (entries_[child].before(entries_[least])) least = child;
    }
    if (!entries_[least].before(e)) break;
    place(at, entries_[least]);
    at = least;
  }
  place(at, e);
}

void timer_heap::remove_at(std::size_t at) noexcept {
  entries_[at].owner->position_ = timer::unarmed;
  const entry last = entries_.back();
  entries_.pop_back();
  if (at == entries_.size()) return;  // it was the last one itself
  if (at > 0 && last.before(entries_[(at - 1) / arity])) {
    sift_up(at, last);
  } else {
    sift_down(at, last);
  }
}

}  // namespace rondo
