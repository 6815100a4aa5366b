// Removing a tree that others may be changing, perhaps with bad intent: who exchanges a folder for
// a link to /etc between a look and a removal must not have us remove /etc. So no path is ever used
// but to find the folder that holds the first name; from there on it is one name at a time, in a
// folder that is open, and a folder is opened only if it is one and no link.
#include "fs/tree_remover.hpp"

#include <rondo/os/errors.hpp>

namespace rondo::fs {

namespace {

// So many names before others get the thread.
constexpr int names_a_turn = 256;

// How many levels are open at a time.
constexpr std::size_t most_open = 32;

// How often a folder is read again because somebody has put something into it.
constexpr int most_fresh_starts = 100;

bool is_gone(int outcome) noexcept {
  return os::to_errc(outcome) == errc::not_found;
}

/// Whether a name that was to be opened as a folder is none: not any more, or never was.
bool is_no_folder(int outcome) noexcept {
  const errc code = os::to_errc(outcome);
  return code == errc::not_a_directory || code == errc::too_many_links;
}

}  // namespace

bool tree_remover::go_on(stop_flag stop) {
  if (!has_begun_) begin();
  for (int i = 0; i < names_a_turn && !levels_.empty() && !stop.stop_requested(); ++i) advance();
  return !levels_.empty();
}

void tree_remover::begin() {
  const std::string whole = path_.substr(0, path_.find_last_not_of('/') + 1);
  const std::size_t slash = whole.find_last_of('/');
  first_ = whole.substr(slash == whole.npos ? 0 : slash + 1);
  const std::string folder = slash == whole.npos ? "." : whole.substr(0, slash + 1);
  if (first_.empty() || first_ == "." || first_ == "..") {
    throw os::make_error(errc::invalid_argument, "remove all of",
                         path_.empty() ? "a path that is empty" : path_);
  }
  const int opened = os::open_folder_at(os::working_folder, folder, os::links::follow);
  has_begun_ = true;
  if (is_gone(opened)) return;
  if (opened < 0) throw os::make_error(opened, "open the folder", folder);
  above_.reset(opened);
  remove(first_);
}

int tree_remover::folder_of_last() const noexcept {
  return levels_.empty() ? above_.get() : levels_.back().names.descriptor();
}

void tree_remover::advance() {
  os::raw_name found;
  const int outcome = levels_.back().names.next(found);
  if (outcome < 0) fail(outcome, {});
  if (outcome == 0) return leave();
  // The name lies in a buffer that goes when the level is put aside.
  const std::string name = found.name;
  if (found.type == os::file_type::folder) return enter(name);
  remove(name);
}

/// Of what seems to be no folder.
void tree_remover::remove(const std::string& name) {
  const int outcome = os::unlink_at(folder_of_last(), name);
  if (outcome == 0) {
    ++count_;
  } else if (os::to_errc(outcome) == errc::is_a_directory) {
    enter(name);
  } else if (!is_gone(outcome)) {
    fail(outcome, name);
  }
}

/// Of what seems to be a folder.
void tree_remover::enter(const std::string& name) {
  const int above = folder_of_last();
  const int opened = os::open_folder_at(above, name, os::links::keep);
  if (is_gone(opened)) return;
  if (is_no_folder(opened)) {
    const int outcome = os::unlink_at(above, name);
    if (outcome < 0 && !is_gone(outcome)) fail(outcome, name);
    count_ += outcome == 0;
    return;
  }
  if (os::to_errc(opened) == errc::permission_denied && os::remove_folder_at(above, name) == 0) {
    ++count_;  // it was empty, so there was no need to look into it
    return;
  }
  if (opened < 0) fail(opened, name);
  os::fd folder(opened);
  os::file_info is;
  const int outcome = os::status_at(opened, "", os::links::keep, is);
  if (outcome < 0) fail(outcome, name);
  if (is.is_mount_root) fail(os::device_busy, name, "another file system is mounted there");
  levels_.emplace_back(std::move(folder), is, name);
  if (levels_.size() - first_open_ > most_open) {
    level& oldest = levels_[first_open_++];
    oldest.names = folder_reader(os::fd());
  }
}

/// All names of the innermost folder are gone: so is the folder.
void tree_remover::leave() {
  level left = std::move(levels_.back());
  levels_.pop_back();
  os::fd below = left.names.release();
  if (!levels_.empty() && levels_.back().names.descriptor() < 0) {
    const int outcome = reopen(below, levels_.back());
    if (outcome < 0) fail(outcome, left.name, "it was moved meanwhile");
    first_open_ = levels_.size() - 1;
  }
  const int outcome = os::remove_folder_at(folder_of_last(), left.name);
  if (outcome == 0) {
    ++count_;
  } else if (os::to_errc(outcome) == errc::directory_not_empty &&
             ++left.fresh_starts < most_fresh_starts) {
    // Somebody has put something into it, or the file system lost its place while names went.
    const int again = os::open_folder_at(below.get(), ".", os::links::keep);
    if (again < 0) fail(again, left.name);
    left.names = folder_reader(os::fd(again));
    levels_.push_back(std::move(left));
  } else if (!is_gone(outcome)) {
    fail(outcome, left.name);
  }
}

int tree_remover::reopen(const os::fd& below, level& above) {
  const int opened = os::open_folder_at(below.get(), "..", os::links::keep);
  if (opened < 0) return opened;
  os::fd folder(opened);
  os::file_info is;
  const int outcome = os::status_at(opened, "", os::links::keep, is);
  if (outcome < 0) return outcome;
  if (is.inode != above.inode || is.device != above.device) return os::no_such_file;
  above.names = folder_reader(std::move(folder));
  return 0;
}

void tree_remover::fail(int outcome, std::string_view name, std::string_view remedy) const {
  std::string path = path_;
  for (std::size_t i = 1; i < levels_.size(); ++i) path.append("/").append(levels_[i].name);
  if (!levels_.empty() && !name.empty()) path.append("/").append(name);
  if (remedy.empty()) throw os::make_error(outcome, "remove", path);
  throw os::make_error(outcome, "remove", path, remedy);
}

}  // namespace rondo::fs
