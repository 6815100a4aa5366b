// The recorder's clock for others: two readings of both clocks tell what a tick is worth.
#include <rondo/probe/tick_clock.hpp>

#include "probe/ticks.hpp"

namespace rondo::probe {

constinit thread_local std::uint64_t detail::call_began = 0;

tick_clock::tick_clock() noexcept : counts_cycles_(can_count_cycles()) {
  const clock_pair begun(counts_cycles_);
  begun_ticks_ = begun.ticks;
  begun_ns_ = begun.ns;
}

std::uint64_t tick_clock::now() const noexcept {
  return read_ticks(counts_cycles_);
}

tick_clock::scale tick_clock::read() const noexcept {
  const clock_pair now(counts_cycles_);
  scale s;
  s.now_ = now.ticks;
  if (now.ticks > begun_ticks_ && now.ns > begun_ns_) {
    s.ns_ = static_cast<double>(now.ns - begun_ns_) / static_cast<double>(now.ticks - begun_ticks_);
  }
  return s;
}

}  // namespace rondo::probe
