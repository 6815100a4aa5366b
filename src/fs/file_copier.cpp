// A copy of one file, by the first way that the file systems grant: shared blocks, ranges copied
// within the kernel, bytes through memory. It is made without a name, or beside the target under a
// temporary one, and named when it is complete.
#include "fs/file_copier.hpp"

#include <algorithm>
#include <span>

#include <rondo/os/errors.hpp>
#include <rondo/os/file.hpp>
#include <rondo/os/file_copy.hpp>

#include "fs/temporary_name.hpp"

namespace rondo::fs {

namespace {

// So many bytes before others get the thread, a cancel is met and progress is told.
constexpr std::uint64_t most_a_turn = std::uint64_t{8} << 20;
constexpr std::size_t buffer_size = std::size_t{256} << 10;

constexpr unsigned access_bits = 0777;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == path.npos) return ".";
  return path.substr(0, std::max<std::size_t>(slash, 1));
}

}  // namespace

file_copier::file_copier(std::string from, std::string to, const copy_options& how)
    : from_(std::move(from)), to_(std::move(to)), how_(how) {}

bool file_copier::go_on(stop_flag stop) {
  if (step_ == step::nothing) begin();
  std::uint64_t done = 0;
  while (step_ < step::named && done < most_a_turn && !stop.stop_requested()) done += advance();
  return step_ < step::named;
}

void file_copier::give_up() noexcept {
  if (!beside_.empty()) os::unlink_at(os::working_folder, beside_);
  beside_.clear();
  target_.reset();
}

void file_copier::fail(int outcome, const char* what, const std::string& path) const {
  throw os::make_error(outcome, what, path);
}

// Beginning
// ----------------------------------------------------------------------------------------

void file_copier::begin() {
  const int opened = os::open_original(from_);
  if (opened < 0) fail(opened, "copy", from_);
  source_.reset(opened);
  const int looked = os::status_at(opened, "", os::links::keep, original_);
  if (looked < 0) fail(looked, "copy", from_);
  if (!original_.is_regular()) {
    throw os::make_error(errc::invalid_argument, "copy", from_ + ", which is no regular file");
  }
  if (!is_to_be_made()) {
    step_ = step::skipped;
    return;
  }
  make_target();
  has_holes_ = original_.allocated < original_.size;
  step_ = step::sharing;
}

bool file_copier::is_to_be_made() {
  os::file_info there;
  const int looked = os::status_at(os::working_folder, to_, os::links::follow, there);
  if (looked < 0) return true;  // whatever the reason, it will be met again
  if (there.is_same(original_)) {
    throw os::make_error(errc::invalid_argument, "copy", from_ + " to itself, " + to_);
  }
  switch (how_.existing) {
    case on_existing::fail:
      throw os::make_error(errc::already_exists, "copy", from_ + " to " + to_);
    case on_existing::replace:
      return true;
    case on_existing::skip:
      return false;
    case on_existing::update:
      return there.modified_ns < original_.modified_ns;
  }
  return true;
}

void file_copier::make_target() {
  // Nobody else may look into it before it has its permissions.
  const unsigned at_first = how_.permissions ? 0600 : 0666;
  int made = os::open_unnamed(folder_of(to_), at_first);
  if (made < 0) {
    beside_ = temporary_name(to_);
    made = os::open_new(beside_, at_first);
    if (made < 0) beside_.clear();
  }
  if (made < 0) fail(made, "copy to", to_);
  target_.reset(made);
}

// Copying
// ----------------------------------------------------------------------------------------

std::uint64_t file_copier::advance() {
  switch (step_) {
    case step::sharing: {
      const bool is_shared = os::clone_file(source_.get(), target_.get()) == 0;
      if (is_shared) copied_ = original_.size;
      step_ = is_shared ? step::complete : step::ranges;
      return 0;
    }
    case step::ranges:
      return copy_ranges();
    case step::bytes:
      return copy_bytes();
    default:
      finish();
      return 0;
  }
}

/// Where a hole begins at `at_`, goes on to its end. Files that can't tell have none.
void file_copier::find_next() {
  if (at_ < data_end_) return;
  std::uint64_t begin = at_;
  std::uint64_t end = UINT64_MAX;
  if (has_holes_ && os::find_data(source_.get(), at_, begin, end) < 0) {
    begin = at_;
    end = UINT64_MAX;
  }
  at_ = begin;
  data_end_ = end;
}

std::uint64_t file_copier::copy_ranges() {
  find_next();
  const std::uint64_t size = std::min(data_end_ - at_, most_a_turn);
  const int count =
      size == 0 ? 0
                : os::copy_range(source_.get(), target_.get(), at_, static_cast<std::size_t>(size));
  // Files of /proc and their like end here at once, though there is something to be read.
  const bool says_nothing = count == 0 && copied_ == 0 && size != 0;
  if (says_nothing || count < 0) {
    // A full disk, and a broken one, are no better in the other way.
    const errc code = os::to_errc(count);
    if (code == errc::no_space || code == errc::io_failed) fail(count, "copy to", to_);
    step_ = step::bytes;
    return 0;
  }
  if (count == 0) step_ = step::complete;
  at_ += static_cast<std::uint64_t>(count);
  copied_ += static_cast<std::uint64_t>(count);
  return static_cast<std::uint64_t>(count);
}

std::uint64_t file_copier::copy_bytes() {
  find_next();
  bytes_.resize(buffer_size);
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(data_end_ - at_, buffer_size));
  const int got = size == 0 ? 0 : os::read_at(source_.get(), bytes_.data(), size, at_);
  if (got < 0) fail(got, "read", from_);
  if (got == 0) step_ = step::complete;
  std::span<const char> left = std::span(bytes_).first(static_cast<std::size_t>(got));
  while (!left.empty()) {
    const int count = os::write_at(target_.get(), left.data(), left.size(), at_);
    if (count < 0) fail(count, "copy to", to_);
    left = left.subspan(static_cast<std::size_t>(count));
    at_ += static_cast<std::uint64_t>(count);
  }
  copied_ += static_cast<std::uint64_t>(got);
  return static_cast<std::uint64_t>(got);
}

// The end
// ----------------------------------------------------------------------------------------

void file_copier::finish() {
  int outcome = 0;
  if (has_holes_) outcome = os::resize_file(target_.get(), std::max(at_, original_.size));
  if (outcome == 0 && how_.permissions) {
    outcome = os::change_mode_of(target_.get(), original_.permissions & access_bits);
  }
  if (outcome == 0 && how_.times) {
    outcome = os::change_times_of(target_.get(), original_.accessed_ns, original_.modified_ns);
  }
  if (outcome < 0) fail(outcome, "copy to", to_);
  name_it();
  target_.reset();
  source_.reset();
}

void file_copier::name_it() {
  const bool may_replace =
      how_.existing == on_existing::replace || how_.existing == on_existing::update;
  int outcome = 0;
  if (!beside_.empty()) {
    outcome = os::rename_at(os::working_folder, beside_, os::working_folder, to_,
                            may_replace ? os::rename_rule::replace : os::rename_rule::no_replace);
  } else {
    outcome = os::name_unnamed(target_.get(), to_);
    if (may_replace && os::to_errc(outcome) == errc::already_exists) {
      // A name can't be taken over but by a rename.
      const std::string other = temporary_name(to_);
      outcome = os::name_unnamed(target_.get(), other);
      if (outcome == 0) {
        beside_ = other;
        outcome = os::rename_at(os::working_folder, beside_, os::working_folder, to_,
                                os::rename_rule::replace);
      }
    }
  }
  if (os::to_errc(outcome) == errc::already_exists && how_.existing == on_existing::skip) {
    give_up();
    step_ = step::skipped;
    return;
  }
  if (outcome < 0) fail(outcome, "copy to", to_);
  beside_.clear();
  step_ = step::named;
}

}  // namespace rondo::fs
