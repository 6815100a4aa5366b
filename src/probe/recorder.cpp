// Who has which ring, and reading all of them while they are written.
#include <algorithm>
#include <bit>
#include <mutex>
#include <new>
#include <unordered_set>

#include <rondo/probe/recorder.hpp>

#include "probe/ticks.hpp"

namespace rondo::probe {

namespace {

constexpr std::size_t longest_name = 63;

struct text_hash : std::hash<std::string_view> {
  using is_transparent = void;
};

}  // namespace

struct recorder::state {
  explicit state(const recorder_options& given) : options(given) {
    options.events_per_track = std::bit_ceil(std::max<std::size_t>(options.events_per_track, 16));
    tracks.reserve(static_cast<std::size_t>(std::max(options.most_tracks, 0)));
  }
  ~state() {
    for (track* const each : tracks) delete each;
  }

  track* free_track(recorder& home);
  instant time_of(std::uint64_t ticks, const clock_pair& now) const noexcept;

  recorder_options options;
  const bool counts_cycles = can_count_cycles();
  const clock_pair begun{counts_cycles};

  mutable std::mutex mutex;  // guards what follows
  std::vector<track*> tracks;
  std::unordered_set<std::string, text_hash, std::equal_to<>> names;
  std::uint64_t closed = 0;
  std::uint64_t refused = 0;
};

recorder::recorder(const recorder_options& options) : state_(new state(options)) {}
recorder::~recorder() = default;

/// A new one as long as there may be more; then the one whose events are the oldest.
track* recorder::state::free_track(recorder& home) {
  if (tracks.size() < static_cast<std::size_t>(std::max(options.most_tracks, 0))) {
    auto* const made = new track(home, counts_cycles);
    tracks.push_back(made);
    made->slots_ = new track::slot[options.events_per_track]();
    made->mask_ = options.events_per_track - 1;
    return made;
  }
  track* oldest = nullptr;
  for (track* const each : tracks) {
    if (each->open_.load(std::memory_order_relaxed) || each->slots_ == nullptr) continue;
    if (oldest == nullptr || each->closed_at_ < oldest->closed_at_) oldest = each;
  }
  return oldest;
}

track* recorder::open(std::string_view name) noexcept {
  state& s = *state_;
  const std::lock_guard hold(s.mutex);
  track* found = nullptr;
  try {
    found = s.free_track(*this);
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
    // As if there were too many.
  }
  if (found == nullptr) {
    ++s.refused;
    return nullptr;
  }
  const std::size_t longest = std::size(found->name_) - 1;
  for (std::size_t i = 0; i < longest; ++i) {
    found->name_[i].store(i < name.size() ? name[i] : '\0', std::memory_order_relaxed);
  }
  found->owes_end_ = 0;
  found->opened_at_.store(found->count_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  found->open_.store(true, std::memory_order_relaxed);
  made_.store(static_cast<int>(s.tracks.size()), std::memory_order_release);
  return found;
}

void recorder::close(track& t) noexcept {
  const std::lock_guard hold(state_->mutex);
  t.open_.store(false, std::memory_order_relaxed);
  t.closed_at_ = ++state_->closed;
}

const char* recorder::keep(std::string_view text) noexcept {
  state& s = *state_;
  text = text.substr(0, longest_name);
  const std::lock_guard hold(s.mutex);
  const auto known = s.names.find(text);
  if (known != s.names.end()) return known->c_str();
  if (s.names.size() >= static_cast<std::size_t>(std::max(s.options.most_names, 0))) {
    return "(one name too many)";
  }
  try {
    return s.names.emplace(text).first->c_str();
  } catch (const std::bad_alloc&) {
    return "(no memory for the name)";
  }
}

std::uint64_t recorder::refused() const noexcept {
  const std::lock_guard hold(state_->mutex);
  return state_->refused;
}

// Reading ---------------------------------------------------------------------------------------

std::vector<track_record> recorder::snapshot() const {
  const std::lock_guard hold(state_->mutex);
  std::vector<track_record> all;
  std::vector<event> room(room_per_track());
  for (int i = 0; i < tracks(); ++i) {
    if (state_->tracks[static_cast<std::size_t>(i)]->slots_ == nullptr) continue;
    const track_view seen = view(i, room);
    track_record r;
    r.name = seen.name;
    r.index = i;
    r.open = seen.open;
    r.lost = seen.lost;
    r.events.assign(seen.events.begin(), seen.events.end());
    all.push_back(std::move(r));
  }
  return all;
}

std::size_t recorder::room_per_track() const noexcept {
  return 2 * state_->options.events_per_track;
}

bool recorder::is_at(int index, const track* t) const noexcept {
  return state_->tracks.data()[index] == t;
}

/// Copies first and asks then how far the writer has come meanwhile: event n is whole unless n +
/// capacity has been begun, which may be the case as soon as the count has reached it.
track_view recorder::view(int index, std::span<event> room) const noexcept {
  const track& t = *state_->tracks.data()[index];  // the vector never moves them
  track_view seen;
  seen.name = reinterpret_cast<const char*>(t.name_);
  seen.index = index;
  seen.open = t.open_.load(std::memory_order_relaxed);
  if (t.slots_ == nullptr) return seen;
  const std::uint64_t capacity = t.mask_ + 1;
  const std::uint64_t begin = t.opened_at_.load(std::memory_order_relaxed);
  const std::uint64_t end = t.count_.load(std::memory_order_acquire);
  const std::uint64_t first = end - begin > capacity ? end - capacity : begin;
  // Into the upper half of the room: one slot becomes one event, or two of them.
  const std::span<event> copied = room.subspan(capacity, end - first);
  for (std::uint64_t n = first; n < end; ++n) {
    const track::slot& from = t.slots_[n & t.mask_];
    event& e = copied[n - first];
    e.time = instant::from_ns(  // ticks, so far
        static_cast<std::int64_t>(from.time.load(std::memory_order_acquire)));
    e.subject = from.subject.load(std::memory_order_acquire);
    e.other = from.other.load(std::memory_order_acquire);
    e.number = static_cast<std::int64_t>(from.number_and_kind.load(std::memory_order_acquire));
  }
  const std::uint64_t now_at = t.count_.load(std::memory_order_relaxed);
  std::uint64_t whole = first;
  if (now_at >= first + capacity) whole = std::min(end, now_at - capacity + 1);
  seen.lost = whole - begin;
  const clock_pair now(state_->counts_cycles);
  std::size_t size = 0;
  for (event e : copied.subspan(whole - first)) {
    e.time = state_->time_of(static_cast<std::uint64_t>(e.time.count_ns()), now);
    const auto low = static_cast<unsigned>(e.number & 0xff);
    if ((low & track::ends_call) != 0) {
      event& ended = room[size++] = event();
      ended.time = e.time;
      ended.kind = event_kind::call_ends;
    }
    e.kind = static_cast<event_kind>(low & ~track::ends_call);
    e.number >>= 8;
    room[size++] = e;
  }
  seen.events = room.first(size);
  return seen;
}

instant recorder::state::time_of(std::uint64_t ticks, const clock_pair& now) const noexcept {
  if (!counts_cycles) return instant::from_ns(static_cast<std::int64_t>(ticks));
  const auto span = static_cast<double>(now.ticks - begun.ticks);
  const double rate = span > 0 ? static_cast<double>(now.ns - begun.ns) / span : 0;
  const auto since = static_cast<double>(static_cast<std::int64_t>(ticks - begun.ticks));
  return instant::from_ns(begun.ns + static_cast<std::int64_t>(since * rate));
}

}  // namespace rondo::probe
