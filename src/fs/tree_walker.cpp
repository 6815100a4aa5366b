// A tree, folder by folder and name by name. Each folder is opened by its name in the one that
// holds it, and never through a path: so no path is too long, and nobody who exchanges a folder for
// a link leads the walk elsewhere.
#include "fs/tree_walker.hpp"

#include <rondo/os/errors.hpp>

namespace rondo::fs {

namespace {

// What a batch may take: so many entries, or bytes of their paths.
constexpr std::size_t most_entries = 1024;
constexpr std::size_t most_bytes = std::size_t{256} << 10;

// How many levels have a descriptor at a time.
constexpr std::size_t most_open = 32;

/// Whether something has taken the place of what was a folder, or nothing has.
bool is_no_folder_now(int outcome) noexcept {
  const errc code = os::to_errc(outcome);
  return code == errc::not_found || code == errc::not_a_directory || code == errc::too_many_links;
}

}  // namespace

bool tree_walker::fill(entries& batch, unsigned leave, stop_flag stop) {
  batch.clear();
  if (!has_begun_) open_root(batch);
  while (depth() > leave) pop(batch);
  std::size_t bytes = 0;
  while (!levels_.empty() && batch.size() < most_entries && bytes < most_bytes) {
    if (stop.stop_requested()) return true;
    bytes += advance(batch);
  }
  return !batch.empty();
}

void tree_walker::open_root(entries& batch) {
  const int opened = os::open_folder_at(os::working_folder, root_, os::links::follow);
  if (opened < 0) throw os::make_error(opened, "walk", root_);
  os::fd folder(opened);
  os::file_info is;
  const int outcome = os::status_at(opened, "", os::links::keep, is);
  if (outcome < 0) throw os::make_error(outcome, "walk", root_);
  has_begun_ = true;
  path_ = root_.substr(0, root_.find_last_not_of('/') + 1);
  push(std::move(folder), is, false, batch);
}

std::size_t tree_walker::advance(entries& batch) {
  os::raw_name found;
  const int outcome = levels_.back().names.next(found);
  if (outcome <= 0) {
    if (outcome < 0) report(batch, depth(), os::make_error(outcome, "read the folder", path_));
    pop(batch);
    return 0;
  }
  walk_entry entry;
  bool by_link = false;
  if (!describe(found, entry, by_link)) return 0;
  const std::size_t bytes = entry.path.size();
  const bool goes_on = entry.is_folder() && depth() < how_.max_depth;
  batch.push_back(std::move(entry));
  if (goes_on) enter(found, by_link, batch);
  return bytes;
}

bool tree_walker::describe(const os::raw_name& found, walk_entry& entry, bool& by_link) const {
  entry.type = found.type;
  entry.inode = found.inode;
  entry.depth = depth();
  const bool may_be_link =
      found.type == os::file_type::link || found.type == os::file_type::unknown;
  if (how_.with_info || found.type == os::file_type::unknown ||
      (how_.follow_links && may_be_link)) {
    const int folder = levels_.back().names.descriptor();
    os::file_info info;
    int outcome = os::status_at(folder, found.name, os::links::keep, info);
    if (os::to_errc(outcome) == errc::not_found) return false;
    if (outcome == 0 && info.is_link() && how_.follow_links) {
      os::file_info target;
      // One that leads nowhere stays what it is.
      by_link = os::status_at(folder, found.name, os::links::follow, target) == 0;
      if (by_link) info = target;
    }
    if (outcome == 0) {
      entry.type = info.type;
      if (how_.with_info) entry.info = info;
    } else if (how_.with_info) {
      entry.failure = os::make_error(outcome, "stat", path_ + "/" + found.name);
    }
  }
  entry.path.reserve(path_.size() + 1 + std::string_view(found.name).size());
  entry.path.append(path_).append("/").append(found.name);
  return true;
}

void tree_walker::enter(const os::raw_name& found, bool by_link, entries& batch) {
  const level& above = levels_.back();
  const std::size_t path_end = path_.size();
  path_.append("/").append(found.name);
  os::fd folder;
  os::file_info is;
  int outcome = os::open_folder_at(above.names.descriptor(), found.name,
                                   by_link ? os::links::follow : os::links::keep);
  if (outcome >= 0) {
    folder.reset(outcome);
    outcome = os::status_at(folder.get(), "", os::links::keep, is);
  }
  const bool crosses = how_.one_file_system && is.device != levels_.front().device;
  if (outcome >= 0 && how_.follow_links && is_on_the_way(is)) {
    report(batch, depth() + 1,
           os::make_error(errc::too_many_links, "walk", path_ + ", which it lies in itself"));
  } else if (outcome >= 0 && !crosses) {
    return push(std::move(folder), is, by_link, batch);
  } else if (outcome < 0 && !is_no_folder_now(outcome)) {
    report(batch, depth() + 1, os::make_error(outcome, "open the folder", path_));
  }
  path_.resize(path_end);
}

void tree_walker::push(os::fd folder, const os::file_info& is, bool by_link, entries& batch) {
  levels_.emplace_back(std::move(folder), is, path_.size(), by_link);
  if (how_.sorted) {
    const int outcome = levels_.back().names.sort();
    if (outcome < 0) {
      report(batch, depth(), os::make_error(outcome, "read the folder", path_));
    }
  }
  if (levels_.size() - first_open_ <= most_open) return;
  level& oldest = levels_[first_open_++];
  if (levels_[first_open_].by_link) return;  // without it there is no way back
  const int outcome = oldest.names.put_aside();
  if (outcome == 0) return;
  const std::string path = path_.substr(0, oldest.path_end);
  report(batch, depth(), os::make_error(outcome, "read the folder", path));
}

void tree_walker::pop(entries& batch) {
  const level left = std::move(levels_.back());
  levels_.pop_back();
  path_.resize(levels_.empty() ? 0 : levels_.back().path_end);
  if (levels_.empty()) return;
  if (first_open_ >= levels_.size()) first_open_ = levels_.size() - 1;
  level& above = levels_.back();
  if (above.names.descriptor() >= 0) return;

  os::fd folder;
  os::file_info is;
  int outcome = os::open_folder_at(left.names.descriptor(), "..", os::links::keep);
  if (outcome >= 0) {
    folder.reset(outcome);
    outcome = os::status_at(folder.get(), "", os::links::keep, is);
  }
  if (outcome >= 0 && is.inode == above.inode && is.device == above.device) {
    above.names.reopened(std::move(folder));
    return;
  }
  report(batch, depth(),
         outcome < 0 ? os::make_error(outcome, "go back to", path_)
                     : os::make_error(errc::not_found, "go back to", path_ + ", which was moved"));
  while (!levels_.empty() && levels_.back().names.descriptor() < 0) levels_.pop_back();
  path_.resize(levels_.empty() ? 0 : levels_.back().path_end);
  first_open_ = levels_.empty() ? 0 : levels_.size() - 1;
}

bool tree_walker::is_on_the_way(const os::file_info& folder) const noexcept {
  for (const level& l : levels_) {
    if (l.inode == folder.inode && l.device == folder.device) return true;
  }
  return false;
}

void tree_walker::report(entries& batch, unsigned depth, error why) const {
  walk_entry entry;
  entry.path = path_;
  entry.type = os::file_type::folder;
  entry.depth = depth;
  entry.failure = std::move(why);
  batch.push_back(std::move(entry));
}

}  // namespace rondo::fs
