// From the records of the kernel to events with paths. The records come in the order of what has
// happened; so the names of the folders here are always as they were at that moment, whatever they
// are on the disk by now.
#include "fs/watch_state.hpp"

#include <algorithm>
#include <span>

#include <rondo/os/errors.hpp>

namespace rondo::fs {

const char* to_string(change what) noexcept {
  constexpr const char* names[] = {"created", "modified",  "written",  "attributes", "removed",
                                   "moved",   "unwatched", "overflow", "gone"};
  return names[static_cast<int>(what)];
}

}  // namespace rondo::fs

namespace rondo::fs::detail {

namespace {

using os::raw_change_kind;

// What one read takes, and what a record does at most: its head and the name.
constexpr std::size_t one_read = std::size_t{64} << 10;
constexpr std::size_t most_bytes_a_record = 16 + 256;

}  // namespace

watch_state::watch_state(loop& home, std::string path, watch_options how)
    : home_(&home), path_(std::move(path)), how_(how) {}

watch_state::~watch_state() {
  if (fd_ >= 0) home_->close(fd_);
}

// What is taken
// ----------------------------------------------------------------------------------------

std::optional<watch_event> watch_state::take_event(instant now) {
  if (ready_.empty()) return std::nullopt;
  told& first = ready_.front();
  if (first.cookie != 0 && now < first.due) return std::nullopt;
  if (first.cookie != 0) give_up(first);
  watch_event taken = std::move(first.event);
  ready_.pop_front();
  return taken;
}

instant watch_state::due() const noexcept {
  return ready_.empty() ? instant::never() : ready_.front().due;
}

void watch_state::tell(change what, std::string path, bool is_folder) {
  ready_.emplace_back(watch_event(what, std::move(path), is_folder), 0, instant::never());
}

/// The second half of a move did not come: it has led out of what is watched.
void watch_state::give_up(told& half) {
  half.cookie = 0;
  half.event.what = change::removed;
  half.event.from.clear();
  if (half.event.is_folder) forget_tree(half.watch);
}

// What is told
// ----------------------------------------------------------------------------------------

void watch_state::take_changes(instant now) {
  bytes_.resize(one_read);
  const int got = os::read_changes(fd_, bytes_);
  if (got == os::would_block) return;
  if (got < 0) throw os::make_error(got, "watch", path_);
  std::span<const char> left = std::span(bytes_).first(static_cast<std::size_t>(got));
  while (!left.empty() && !has_ended_) {
    const os::raw_change change = os::next_change(left);
    left = left.subspan(change.size);
    take(change, now);
  }
  // The queue is empty: whatever had been found before is told by now.
  const bool was_all = static_cast<std::size_t>(got) + most_bytes_a_record < one_read;
  if (was_all) found_.clear();
}

void watch_state::take(const os::raw_change& change, instant now) {
  if (change.kind == raw_change_kind::overflowed) return lost_some();
  if (!folders_.contains(change.watch)) return;  // one that was given up
  const bool is_root = change.watch == root_;
  switch (change.kind) {
    case raw_change_kind::forgotten:
      return is_root ? has_gone() : forget(change.watch);
    case raw_change_kind::self_removed:
    case raw_change_kind::self_moved:
    case raw_change_kind::unmounted:
      if (is_root) has_gone();  // of the others, the folder that they lie in tells it
      return;
    default:
      if (!change.name.empty()) take_named(change, now);
  }
}

void watch_state::take_named(const os::raw_change& change, instant now) {
  const bool was_told = found_.erase(std::pair(change.watch, std::string(change.name))) > 0;
  const bool is_second_half = change.kind == raw_change_kind::moved_to;
  if (!file_.empty() && change.name != file_ && !is_second_half) return;
  std::string path = path_of(change.watch, change.name);
  switch (change.kind) {
    case raw_change_kind::moved_from:
      return take_first_half(change, std::move(path), now);
    case raw_change_kind::moved_to:
      return take_second_half(change, std::move(path), was_told);
    case raw_change_kind::created:
      return take_creation(change, std::move(path), was_told);
    case raw_change_kind::modified:
      return tell(change::modified, std::move(path), change.is_folder);
    case raw_change_kind::written:
      return tell(change::written, std::move(path), change.is_folder);
    case raw_change_kind::attributes:
      return tell(change::attributes, std::move(path), change.is_folder);
    case raw_change_kind::removed:
      return tell(change::removed, std::move(path), change.is_folder);
    default:
      return;
  }
}

void watch_state::take_creation(const os::raw_change& change, std::string path, bool was_told) {
  if (was_told) return;
  tell(change::created, std::move(path), change.is_folder);
  if (change.is_folder && how_.recursive) {
    appeared_.emplace_back(change.watch, std::string(change.name), true);
  }
}

void watch_state::take_first_half(const os::raw_change& change, std::string path, instant now) {
  told half(watch_event(change::moved, path, change.is_folder), change.cookie,
            now + how_.move_wait);
  half.event.from = std::move(path);
  if (change.is_folder) half.watch = watch_of(change.watch, change.name);
  ready_.push_back(std::move(half));
}

void watch_state::take_second_half(const os::raw_change& change, std::string path, bool was_told) {
  const auto is_first_half = [&](const told& t) { return t.cookie == change.cookie; };
  const auto half = std::ranges::find_if(ready_, is_first_half);
  if (half == ready_.end()) {
    const bool counts = file_.empty() || change.name == file_;
    if (counts) take_creation(change, std::move(path), was_told);
    return;
  }
  half->cookie = 0;
  half->event.path = std::move(path);
  if (half->watch >= 0) {
    put(half->watch, change.watch, change.name);
  } else if (change.is_folder && how_.recursive) {
    // Renamed before it was looked into: nobody has told yet what is in it.
    appeared_.emplace_back(change.watch, std::string(change.name), true);
  }
}

/// The kernel's queue was full: all that is known must be looked at anew.
void watch_state::lost_some() {
  for (told& t : ready_) t.due = instant();  // no second half is sure to come
  found_.clear();
  tell(change::overflow, path_, true);
  must_rebuild_ = how_.recursive;
}

void watch_state::has_gone() {
  tell(change::gone, path_, true);
  has_ended_ = true;
  must_rebuild_ = false;
  appeared_.clear();
}

}  // namespace rondo::fs::detail
