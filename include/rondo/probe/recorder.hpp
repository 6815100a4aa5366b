#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/probe/event.hpp>
#include <rondo/probe/track.hpp>

namespace rondo::probe {

/// What a recorder may take. All have defaults.
struct recorder_options {
  recorder_options() noexcept = default;

  /// Events that a thread's ring holds, 32 bytes each; rounded up to a power of two, at least 16.
  std::size_t events_per_track = 8192;
  /// Threads that can record at once. A ring is made when a thread first needs it, and goes to
  /// another thread when that one has ended.
  int most_tracks = 64;
  /// Different names of tasks and jobs that are kept, where they are no literals.
  int most_names = 1024;
};

/// What one thread did last.
struct track_record {
  std::string name;           ///< "loop", "worker 1", "pool"
  int index = 0;              ///< of the track, from 0
  bool open = false;          ///< false: the thread has ended
  std::uint64_t lost = 0;     ///< events that were overwritten, or were being so just now
  std::vector<event> events;  ///< the oldest first
};

/// The same in memory of the reader's. The name is the recorder's, and good as long as the track
/// has not been given to another thread.
struct track_view {
  const char* name = "";
  int index = 0;
  bool open = false;
  std::uint64_t lost = 0;
  std::span<const event> events;
};

/// The flight recorder: the last events of every thread that was given it, at a bounded price in
/// time and in memory. Handed in (`loop_options::recorder`, `runtime_options::recorder`); outlives
/// whom it was given to.
///
/// Thread: any, for all of it. Reading stops nobody, and does not wait for a thread that is stuck.
class recorder {
 public:
  /// Throws std::bad_alloc.
  explicit recorder(const recorder_options& options = {});
  recorder(const recorder&) = delete;
  ~recorder();

  /// A ring for a thread; null where there are too many already, or no memory: `refused` counts it.
  track* open(std::string_view name) noexcept;
  /// The thread will record no more. What it has recorded can be read until its ring is needed.
  void close(track& t) noexcept;

  /// A text that an event may point to: the same pointer for equal texts, valid as long as the
  /// recorder. Behind the most names (see the options), and of what is longer than 63 characters,
  /// a text that says so, or the beginning.
  const char* keep(std::string_view text) noexcept;

  /// Everything that all threads still hold.
  std::vector<track_record> snapshot() const;

  // The same for whoever may neither wait nor allocate, because the process has crashed and who
  // knows within what.
  /// Rings that there are by now.
  int tracks() const noexcept { return made_.load(std::memory_order_acquire); }
  /// How many events `view` needs room for.
  std::size_t room_per_track() const noexcept;
  /// What the ring `index` holds, copied into `room`. Takes no lock.
  track_view view(int index, std::span<event> room) const noexcept;
  /// Whether `t`, which may be null, is the ring `index`. Takes no lock.
  bool is_at(int index, const track* t) const noexcept;

  /// Threads that got no ring.
  std::uint64_t refused() const noexcept;

 private:
  struct state;
  owned<state> state_;
  // How many tracks of the state can be read without its lock: they are made, and stay in place.
  std::atomic<int> made_{0};
};

}  // namespace rondo::probe
