#pragma once

#include <cstdint>

#include <rondo/base/time.hpp>

namespace rondo::probe {

/// The cheapest clock there is: ticks of the processor where these are the same on all cores,
/// otherwise nanoseconds. For who reads it at every event and seldom asks how long that was. Any
/// thread.
class tick_clock {
 public:
  tick_clock() noexcept;

  std::uint64_t now() const noexcept;

  /// What ticks are worth, as far as this clock knows by now: the more exact the older it is.
  class scale {
   public:
    std::uint64_t now() const noexcept { return now_; }
    duration span(std::uint64_t ticks) const noexcept {
      return duration::nanoseconds(static_cast<std::int64_t>(static_cast<double>(ticks) * ns_));
    }
    /// How long ago that was; 0 where it was later.
    duration since(std::uint64_t then) const noexcept {
      return then < now_ ? span(now_ - then) : duration();
    }

   private:
    friend class tick_clock;
    std::uint64_t now_ = 0;
    double ns_ = 1;
  };
  scale read() const noexcept;

 private:
  bool counts_cycles_;
  std::uint64_t begun_ticks_;
  std::int64_t begun_ns_;
};

namespace detail {
extern constinit thread_local std::uint64_t call_began;
}

/// At which tick the call began in which this thread is: said by a loop that is measured, so that
/// whoever is resumed by that call need not read the clock once more. 0: over, or not known.
inline void call_begins_at(std::uint64_t tick) noexcept {
  detail::call_began = tick;
}
/// For the first who asks in that call, because for the next it is too early; 0 for all others.
inline std::uint64_t take_begin_of_call() noexcept {
  const std::uint64_t tick = detail::call_began;
  detail::call_began = 0;
  return tick;
}

}  // namespace rondo::probe
