// The thread that looks at all loops, a few times in the shortest of their limits. It reads three
// words of each, and clocks only where one has not moved. Nothing in here can make a loop wait, but
// the end of one that is being reported.
#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include <rondo/os/clock.hpp>
#include <rondo/os/thread.hpp>
#include <rondo/os/thread_watch.hpp>
#include <rondo/watchdog/beat.hpp>
#include <rondo/watchdog/stall.hpp>

#include "watchdog/capture.hpp"
#include "watchdog/limit.hpp"
#include "watchdog/report.hpp"

namespace rondo::watchdog {

namespace {

/// Looks in one limit.
constexpr int looks = 5;
/// A watcher that is as late as that was stopped, and all others with it.
constexpr duration stopped_for = duration::seconds(1);
/// While a stall lasts: so that its end is known well.
constexpr duration look_at_stall = duration::milliseconds(1);
/// Where the kernel has no fence for all threads, a wake-up could be missed for so long.
constexpr duration longest_doze_without_fence = duration::milliseconds(100);

constinit thread_local bool is_watcher = false;

}  // namespace

/// The thread that looks at all loops of the process. It is there as long as any loop that has run,
/// and is not destroyed, has a limit; and it sleeps as long as all of them do.
class watcher {
 public:
  static watcher& only() noexcept;

  watcher() noexcept = default;
  watcher(const watcher&) = delete;

  /// Any thread. Without a thread for it, or on the watcher's own, nobody looks.
  void add(beat& b) noexcept;
  void remove(beat& b) noexcept;
  /// The limit of one of them is new, say: look now.
  void look_soon() noexcept;

 private:
  static void* body(void* self) noexcept;
  void work() noexcept;
  duration look();
  void look_at(beat& b, instant now);
  bool is_held(beat& b, instant now, stall& into) const noexcept;
  void report(beat& b, instant now, const stall& seen);
  void report_end(beat& b, instant now);
  void doze() noexcept;
  bool all_asleep() const noexcept;
  void watch_forks() noexcept;

  std::mutex lifecycle_;  // starting and joining the thread; taken before `mutex_`
  os::thread thread_;
  std::mutex mutex_;  // the list, and what is the watcher's own in each beat
  intrusive_list<beat> beats_;
  bool ending_ = false;
  std::vector<stall> found_;  // to be told, without the lock
  instant wakes_at_;
  bool can_fence_ = false;
  std::atomic<std::uint32_t> bell_{0};  // changes when there is something new to look at
};

constinit std::atomic<std::uint32_t> detail::watcher_dozes{0};

void detail::wake_watcher() noexcept {
  if (watcher_dozes.exchange(0, std::memory_order_relaxed) != 0) os::wake_waiters(watcher_dozes);
}

// A loop's side ---------------------------------------------------------------------------------

void beat::is_of(const void* loop, describe_call how, const char* name, duration limit) noexcept {
  loop_ = loop;
  describe_call_ = how;
  std::strncpy(name_, name, sizeof name_ - 1);  // the last byte stays 0
  limit_ = limit_in_force(limit);
}

void beat::run_begins() noexcept {
  if (limit_ <= duration() || is_watcher) return;
  thread_.store(os::this_thread_id(), std::memory_order_relaxed);
  wakes_up();
  if (!is_known_) watcher::only().add(*this);
}

void beat::leave() noexcept {
  if (is_known_) watcher::only().remove(*this);
}

// Beginning and ending ----------------------------------------------------------------------------

/// In static storage and never destroyed: a loop may outlive `main`.
watcher& watcher::only() noexcept {
  alignas(watcher) static unsigned char place[sizeof(watcher)];
  static watcher* const made = new (place) watcher;
  return *made;
}

void watcher::add(beat& b) noexcept {
  const std::lock_guard alone(lifecycle_);
  bool is_first = false;
  {
    const std::lock_guard hold(mutex_);
    is_first = beats_.empty();
    b.seen_count_ = b.count();
    b.since_ = real_clock().now();
    b.is_suspect_ = b.is_reported_ = false;
    b.is_known_ = true;
    beats_.push_back(b);
    ending_ = false;
  }
  if (!is_first) return look_soon();
  watch_forks();
  if (thread_.start(&body, this, os::thread_options("rondo-watchdog")) == 0) return;
  const std::lock_guard hold(mutex_);
  b.unlink();
  b.is_known_ = false;  // its next run tries again
}

void watcher::remove(beat& b) noexcept {
  const std::lock_guard alone(lifecycle_);
  {
    const std::lock_guard hold(mutex_);
    if (b.is_reported_) report_end(b, real_clock().now());  // sooner than the watcher has looked
    b.unlink();
    b.is_known_ = false;
    if (!beats_.empty()) return;
    ending_ = true;
  }
  look_soon();
  if (thread_.is_joinable()) thread_.join();
}

void watcher::look_soon() noexcept {
  bell_.fetch_add(1, std::memory_order_release);
  os::wake_waiters(bell_);
  detail::wake_watcher();
}

/// A child has one thread, the one that forked, and hence no watcher. Loops there are looked at
/// from their next `run` on.
void watcher::watch_forks() noexcept {
  static const int once = os::around_fork(
      [] {
        only().lifecycle_.lock();
        only().mutex_.lock();
      },
      [] {
        only().mutex_.unlock();
        only().lifecycle_.unlock();
      },
      [] {
        watcher& w = only();
        while (beat* const b = w.beats_.pop_front()) b->is_known_ = false;
        new (&w.thread_) os::thread;  // that of the parent is not ours to join
        detail::watcher_dozes.store(0, std::memory_order_relaxed);
        w.mutex_.unlock();
        w.lifecycle_.unlock();
      });
  static_cast<void>(once);
}

// The watcher's own thread ----------------------------------------------------------------------

void* watcher::body(void* self) noexcept {
  static_cast<watcher*>(self)->work();
  return nullptr;
}

void watcher::work() noexcept {
  is_watcher = true;
  prepare_capture();
  can_fence_ = os::prepare_fence_everywhere() == 0;
  wakes_at_ = real_clock().now();
  for (;;) {
    const std::uint32_t rung = bell_.load(std::memory_order_acquire);
    duration next;
    std::vector<stall> found;
    bool ends = false;
    {
      const std::lock_guard hold(mutex_);
      ends = ending_;
      if (!ends) next = look();
      found.swap(found_);
    }
    for (const stall& each : found) tell(each);
    if (ends) return;
    if (next == duration::max()) {
      doze();
      wakes_at_ = real_clock().now();
    } else {
      wakes_at_ = real_clock().now() + next;
      os::wait_on(bell_, rung, next);
    }
  }
}

/// At all loops, under the lock. When to look again: `max` where all of them sleep.
duration watcher::look() {
  const instant now = real_clock().now();
  // Whoever stops the process stops this thread, too: that time is not held against the loops. On a
  // busy machine it is late as well, but never so late; see is_held for that.
  const duration late = now - wakes_at_;
  duration next = duration::max();
  beats_.for_each([&](beat& b) {
    const duration between = b.limit_ / looks;
    if (late > stopped_for) b.since_ = std::min(b.since_ + late, now);
    const bool moved = b.count() != b.seen_count_;
    look_at(b, now);
    if (b.asleep_.load(std::memory_order_relaxed) && !moved) return;
    next = std::min(next, b.is_reported_ ? std::min(between, look_at_stall) : between);
  });
  return next;
}

void watcher::look_at(beat& b, instant now) {
  const std::uint64_t count = b.count();
  if (b.asleep_.load(std::memory_order_relaxed) || count != b.seen_count_) {
    if (b.is_reported_) report_end(b, now);
    b.is_suspect_ = b.is_reported_ = false;
    b.seen_count_ = count;
    b.since_ = now;
    return;
  }
  if (!b.is_suspect_) {
    b.is_suspect_ = true;
    const int thread = b.thread_.load(std::memory_order_relaxed);
    b.cpu_ns_ = os::cpu_ns_of(thread);
    b.starved_ns_ = os::starved_ns_of(thread);
    b.suspect_since_ = now;
    // What the thread has done before nobody knows; a look that came late must not count.
    b.since_ = std::max(b.since_, now - b.limit_ / looks);
  }
  stall seen;
  if (b.is_reported_ || now - b.since_ < b.limit_ || !is_held(b, now, seen)) return;
  b.is_reported_ = true;
  report(b, now, seen);
}

/// Whether it is the call that holds the loop, and not a machine without a processor to spare, or
/// somebody who has stopped the thread.
bool watcher::is_held(beat& b, instant now, stall& into) const noexcept {
  const int thread = b.thread_.load(std::memory_order_relaxed);
  const os::thread_activity does = os::activity_of(thread);
  if (does == os::thread_activity::stopped) return false;
  const duration observed = now - b.suspect_since_;
  const auto used = duration::nanoseconds(os::cpu_ns_of(thread) - b.cpu_ns_);
  auto starved = duration::nanoseconds(os::starved_ns_of(thread) - b.starved_ns_);
  const bool waits = does == os::thread_activity::waits;
  // The wait for a processor is only counted when it has ended.
  if (does == os::thread_activity::runs) starved = std::max(starved, observed - used);
  into.doing = waits && used < observed / 2 ? stall::activity::blocked : stall::activity::running;
  into.lasted = now - b.since_ - std::max(starved, duration());
  return into.lasted >= b.limit_ && !os::is_traced();
}

void watcher::report(beat& b, instant now, const stall& seen) {
  static_cast<void>(now);
  static std::uint64_t last_number = 0;
  static facts written;  // the thread's, and hence not on this stack
  written = facts();
  stall& s = found_.emplace_back(seen);
  s.number = b.number_ = ++last_number;
  s.limit = b.limit_;
  s.loop = b.name_;
  s.thread = b.thread_.load(std::memory_order_relaxed);
  const char* const why_not =
      capture({.thread = s.thread,
               .of = &b,
               .count = b.seen_count_,
               .describe =
                   [](const beat& of, facts& into) noexcept {
                     of.describe_call_(of.loop_, of.called_.load(std::memory_order_relaxed), into);
                     const void* const line = of.line_.load_relaxed();
                     const auto how = of.describe_line_.load(std::memory_order_relaxed);
                     if (line != nullptr && how != nullptr) how(line, into);
                   }},
              written);
  add_facts(s, written);
  if (why_not != nullptr) s.why_no_stack = why_not;
}

void watcher::report_end(beat& b, instant now) {
  stall& s = found_.emplace_back();
  s.number = b.number_;
  s.is_over = true;
  s.lasted = now - b.since_;
  s.limit = b.limit_;
  s.loop = b.name_;
  s.thread = b.thread_.load(std::memory_order_relaxed);
}

bool watcher::all_asleep() const noexcept {
  bool all = true;
  const_cast<intrusive_list<beat>&>(beats_).for_each([&](const beat& b) {
    if (!b.asleep_.load(std::memory_order_relaxed)) all = false;
  });
  return all;
}

/// Until a loop wakes up. It looks at `watcher_dozes` behind the store that says so, without a
/// fence between them; the one in here makes that right for both: either it sees the flag, or the
/// list shows that it is awake.
void watcher::doze() noexcept {
  detail::watcher_dozes.store(1, std::memory_order_seq_cst);
  if (can_fence_) os::fence_everywhere();
  {
    const std::lock_guard hold(mutex_);
    if (ending_ || !all_asleep()) {
      detail::watcher_dozes.store(0, std::memory_order_relaxed);
      return;
    }
  }
  os::wait_on(detail::watcher_dozes, 1, can_fence_ ? duration::max() : longest_doze_without_fence);
  detail::watcher_dozes.store(0, std::memory_order_relaxed);
}

}  // namespace rondo::watchdog
