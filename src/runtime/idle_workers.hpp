#pragma once
// Who sleeps, who searches, and whom to wake: the protocol by which no wakeup is lost.

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include <rondo/base/assert.hpp>

#include "runtime/memory.hpp"

namespace rondo {

/// What the workers of one runtime know of each other's sleep.
///
/// A worker is in one of three states. It *runs*: it has jobs of its own. It *searches*: it has
/// none, and looks at the others' queues and at the injection queue. Or it is *parked*: it sleeps
/// in its loop's wait, from which `loop::wake` gets it, sticky, so that a wake which comes before
/// the wait isn't lost. Two things must never happen: that jobs wait while all who could run them
/// sleep (a lost wakeup), and that a push wakes more than one sleeper (a herd).
///
/// **Who has pushed a job where others can take it** calls `worker_to_wake()` and wakes whom it
/// names, if anybody. It names nobody while somebody searches: he will find the job, or, being the
/// last to search, look again. Whoever is named counts as searching from that moment, so the next
/// push names nobody. One wake at a time, and each of the woken passes it on:
///
/// **Who searches and finds** calls `end_searching()` before he runs what he found. Where that says
/// that he was the last, he calls `worker_to_wake()`: pushes that relied on his search are now
/// looked for by somebody else. So n jobs wake n workers, one after the other, while there is work.
///
/// **Who searches and finds nothing** calls `park()`. Where that answers true, nobody searches any
/// more, and he must look once more at ALL queues, from the beginning, before he sleeps. Where he
/// sees work (he doesn't take it), he calls `worker_to_wake()`: it names him or another.
///
/// Why that is enough: the pusher writes the job, fences, and reads this state; the last searcher
/// writes this state, fences, and reads the queues. The two fences have an order. If the pusher's
/// is first, the second look sees the job. If the searcher's is first, the pusher sees that nobody
/// searches and that somebody sleeps. All other steps hand the duty from one searcher to the next.
///
/// **Who has run out of work** calls `begin_searching()`, which is refused where half of the
/// workers search already: more would only be in each other's way. Then he parks without a search.
/// He may have been refused on the strength of an old value, while in truth nobody searched; so
/// `park` tells him, too, where nobody searches any more.
///
/// **Who wakes up**, for whatever reason, calls `unpark()`. True means that `worker_to_wake` named
/// him, and that he is searching: he must search, or say `end_searching`. False: his own loop woke
/// him (a timer, I/O), he runs, and may search if he likes.
///
/// **Who is named and doesn't come**, because a callback of his own loop keeps him, would be waited
/// for by all pushes to come. Whoever notices calls `pass_over()`, and where that answers true,
/// `worker_to_wake()`.
///
/// **Watchers.** A job in a `next_slot` is not for others yet. Who meets one while he searches
/// parks with `watching`: he sleeps with a deadline and then searches again. Who puts a job into
/// his slot calls `watcher_to_wake()`: it names somebody only where nobody searches and nobody
/// watches, so two jobs that wake each other cost a look every deadline, and no more. What a
/// watcher reads in his second look are the queues alone.
template <class Memory>
class basic_idle_workers {
 public:
  /// All of `workers` run.
  explicit basic_idle_workers(int workers) : workers_(static_cast<std::uint64_t>(workers)) {
    RONDO_ASSERT(workers > 0 && workers <= most_workers, workers, most_workers);
    Memory::change(sleepers_).reserve(static_cast<std::size_t>(workers));
    Memory::change(places_).resize(static_cast<std::size_t>(workers), place::awake);
  }
  basic_idle_workers(const basic_idle_workers&) = delete;
  basic_idle_workers& operator=(const basic_idle_workers&) = delete;

  static constexpr int most_workers = 0xffff;

  /// Any thread, after it has pushed jobs where every worker finds them. The index of the worker
  /// whom it must wake, who is searching from now on; -1 where no wake is needed.
  int worker_to_wake() noexcept {
    Memory::fence();  // the pusher's fence: pairs with the one in `park`
    return name_one([](counts now) { return now.sleeping != 0 && now.searching == 0; });
  }

  /// A worker, after it has put a job into its slot. As above.
  int watcher_to_wake() noexcept {
    Memory::fence();
    return name_one(
        [](counts now) { return now.sleeping != 0 && now.searching == 0 && now.watching == 0; });
  }

  /// A running worker that has no job. False where enough others search: it parks, or runs on.
  bool begin_searching() noexcept {
    // Where two read this at once, one too many searches. That does no harm.
    if (2 * unpack(state_.load(std::memory_order_relaxed)).searching >= workers_) return false;
    state_.fetch_add(one_searching, std::memory_order_relaxed);
    return true;
  }

  /// A searching worker that has found a job, before it runs it. True where nobody searches any
  /// more: it must call `worker_to_wake`, and wake whom that names.
  [[nodiscard]] bool end_searching() noexcept {
    return unpack(state_.fetch_sub(one_searching, std::memory_order_relaxed)).searching == 1;
  }

  /// How a worker goes to sleep.
  struct parking {
    bool searching = false;  ///< it ends its search with this
    bool watching = false;   ///< it sleeps for a short time at most, and then searches again
  };

  /// The worker `index`, before it sleeps. True where nobody searches any more: it must look once
  /// more at all queues, and call `worker_to_wake` where it sees work, before it sleeps.
  [[nodiscard]] bool park(int index, parking how) noexcept {
    counts before{};
    {
      const std::lock_guard guard(lock_);
      Memory::change(sleepers_).push_back({static_cast<std::uint16_t>(index), how.watching});
      place_of(index) = place::parked;
      const std::uint64_t change =
          one_sleeping + (how.watching ? one_watching : 0) - (how.searching ? one_searching : 0);
      before = unpack(state_.fetch_add(change, std::memory_order_relaxed));
    }
    if (before.searching != (how.searching ? 1 : 0)) return false;
    Memory::fence();  // the last searcher's fence: pairs with the one in `worker_to_wake`
    return true;
  }

  /// The worker `index`, when it no longer sleeps. True where it was named, and hence searches.
  [[nodiscard]] bool unpark(int index) noexcept {
    const std::lock_guard guard(lock_);
    const place was = std::exchange(place_of(index), place::awake);
    if (was != place::parked) return was == place::named;
    auto& sleepers = Memory::change(sleepers_);
    auto at = sleepers.begin();
    while (at->index != index) ++at;
    leave(*at, 0);
    sleepers.erase(at);
    return false;
  }

  /// Any thread: the worker `index` no longer counts as searching where it was named and has not
  /// called `unpark` since. True where nobody searches any more: the caller must call
  /// `worker_to_wake`, and wake whom that names.
  [[nodiscard]] bool pass_over(int index) noexcept {
    const std::lock_guard guard(lock_);
    place& where = place_of(index);
    if (where != place::named) return false;
    where = place::passed_over;
    return end_searching();
  }

  /// What goes on now, for metrics.
  struct counts {
    std::uint64_t sleeping;   ///< parked, watchers among them
    std::uint64_t searching;  ///< those named and not yet awake among them
    std::uint64_t watching;
  };
  /// Any thread; out of date at once.
  counts now() const noexcept { return unpack(state_.load(std::memory_order_relaxed)); }

 private:
  struct sleeper {
    std::uint16_t index;
    bool watching;
  };

  enum class place : std::uint8_t { awake, parked, named, passed_over };
  place& place_of(int index) noexcept {
    return Memory::change(places_)[static_cast<std::size_t>(index)];
  }

  // Three counts of 16 bits in one word, so that each step changes what it must in one instant.
  static constexpr std::uint64_t one_sleeping = 1;
  static constexpr std::uint64_t one_searching = 1U << 16U;
  static constexpr std::uint64_t one_watching = std::uint64_t{1} << 32U;
  static counts unpack(std::uint64_t word) noexcept {
    return {word & 0xffffU, word >> 16U & 0xffffU, word >> 32U};
  }

  // After the pusher's fence. Who was parked last goes first: his cache is the warmest, and the
  // others sleep on.
  template <class Needed>
  int name_one(Needed is_needed) noexcept {
    if (!is_needed(now())) return -1;
    const std::lock_guard guard(lock_);
    // Another pusher may have been faster.
    if (!is_needed(now())) return -1;
    auto& sleepers = Memory::change(sleepers_);
    const sleeper named = sleepers.back();
    sleepers.pop_back();
    place_of(named.index) = place::named;
    leave(named, one_searching);
    return named.index;
  }

  void leave(sleeper who, std::uint64_t added) noexcept {
    const std::uint64_t gone = one_sleeping + (who.watching ? one_watching : 0);
    state_.fetch_add(added - gone, std::memory_order_relaxed);
  }

  const std::uint64_t workers_;
  typename Memory::lock lock_;
  // Who is parked and not named yet, in the order of parking. Under lock_; never grows beyond what
  // was reserved.
  typename Memory::template plain<std::vector<sleeper>> sleepers_;
  typename Memory::template plain<std::vector<place>> places_;  // of each worker; under lock_
  // The counts. `sleeping` and `watching` change under lock_ only, together with sleepers_;
  // `searching` also without it. All relaxed: what has to be ordered is ordered by the two fences,
  // and no other memory hangs on this word.
  typename Memory::template atomic<std::uint64_t> state_{0};
};

using idle_workers = basic_idle_workers<native_memory>;

}  // namespace rondo
