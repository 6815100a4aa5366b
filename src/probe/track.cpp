// Writing an event: the price that everything pays which is recorded.
#include <utility>

#include <rondo/probe/track.hpp>

#include "probe/ticks.hpp"

namespace rondo::probe {

namespace {
constinit thread_local track* current = nullptr;
}  // namespace

void track::record(event_kind kind, const void* subject, std::uint64_t other,
                   std::int64_t number) noexcept {
  const std::uint64_t n = count_.load(std::memory_order_relaxed);
  slot& s = slots_[n & mask_];
  s.time.store(read_ticks(counts_cycles_), std::memory_order_release);
  s.subject.store(reinterpret_cast<std::uintptr_t>(subject), std::memory_order_release);
  s.other.store(other, std::memory_order_release);
  const unsigned low = std::exchange(owes_end_, 0U) | static_cast<unsigned>(kind);
  s.number_and_kind.store(static_cast<std::uint64_t>(number) << 8 | low, std::memory_order_release);
  count_.store(n + 1, std::memory_order_release);
}

void track::record_owed() noexcept {
  owes_end_ = 0;
  record(event_kind::call_ends);
}

track* this_thread() noexcept {
  return current;
}

on_this_thread::on_this_thread(track* of) noexcept : outer_(std::exchange(current, of)) {}
on_this_thread::~on_this_thread() {
  if (current != nullptr) current->settle();
  current = outer_;
}

}  // namespace rondo::probe
