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

bool timer_heap::disarm(timer& t) noexcept {
  if (!t.is_armed()) return false;
  RONDO_ASSERT(holds(t), t.position_, entries_.size());
  remove_at(t.position_);
  return true;
}

instant timer_heap::due(const timer& t) const noexcept {
  RONDO_ASSERT(holds(t), t.position_, entries_.size());
  return entries_[t.position_].due;
}

timer* timer_heap::pop_due(instant now, std::uint64_t generation) noexcept {
  if (entries_.empty()) return nullptr;
  const entry& first = entries_.front();
  if (first.due > now || first.sequence >= generation) return nullptr;
  timer* const t = first.owner;
  remove_at(0);
  return t;
}

bool timer_heap::holds(const timer& t) const noexcept {
  return t.position_ < entries_.size() && entries_[t.position_].owner == &t;
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

std::size_t timer_heap::least_of_four(std::size_t first) const noexcept {
  const entry* const e = &entries_[first];
  // A tournament, so that the two halves are compared side by side.
  const std::size_t left = e[1].before(e[0]);
  const std::size_t right = 2 + static_cast<std::size_t>(e[3].before(e[2]));
  const std::size_t right_wins = e[right].before(e[left]);
  return first + left + (right - left) * right_wins;
}

std::size_t timer_heap::least_of_rest(std::size_t first) const noexcept {
  std::size_t least = first;
  for (std::size_t child = first + 1; child < entries_.size(); ++child) {
    if (entries_[child].before(entries_[least])) least = child;
  }
  return least;
}

// A million entries lie beyond the nearer caches, and the way down waits for memory at each level:
// so the children of all four candidates are asked for while the candidates are compared. Arming
// and popping a million took a third less time with it.
void timer_heap::prefetch_children(std::size_t first) const noexcept {
  constexpr std::size_t line = 64;
  const std::size_t begin = first * arity + 1;
  if (begin + arity * arity > entries_.size()) return;
  const auto* const bytes = reinterpret_cast<const char*>(&entries_[begin]);
  for (std::size_t at = 0; at < arity * arity * sizeof(entry); at += line) {
    __builtin_prefetch(bytes + at);
  }
}

void timer_heap::sift_down(std::size_t at, const entry& e) noexcept {
  const std::size_t count = entries_.size();
  for (;;) {
    const std::size_t first = at * arity + 1;
    if (first >= count) break;
    prefetch_children(first);
    const std::size_t least = first + arity <= count ? least_of_four(first) : least_of_rest(first);
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
