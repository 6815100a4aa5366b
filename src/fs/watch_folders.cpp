// The folders that are watched: finding them, and the way from a watch to a path. A new folder is
// watched first and looked into afterwards, so nothing that happens in between is missed; what both
// have seen is told once.
#include <rondo/os/errors.hpp>

#include "fs/folder_reader.hpp"
#include "fs/watch_state.hpp"

namespace rondo::fs::detail {

namespace {

[[noreturn]] void fail(int outcome, const std::string& path) {
  const errc code = os::to_errc(outcome);
  if (code == errc::no_space) {
    throw os::make_error(outcome, "watch", path,
                         "this user has no watches left: raise fs.inotify.max_user_watches");
  }
  if (code == errc::too_many_descriptors) {
    throw os::make_error(outcome, "watch", path,
                         "raise fs.inotify.max_user_instances, or the limit with `ulimit -n`");
  }
  throw os::make_error(outcome, "watch", path);
}

bool is_no_folder_now(int outcome) noexcept {
  const errc code = os::to_errc(outcome);
  return code == errc::not_found || code == errc::not_a_directory || code == errc::too_many_links;
}

}  // namespace

// Looking
// ----------------------------------------------------------------------------------------

void watch_state::begin(stop_flag stop) {
  os::file_info is;
  const int looked = os::status_at(os::working_folder, path_, os::links::follow, is);
  if (looked < 0) fail(looked, path_);
  const std::string whole = path_.substr(0, path_.find_last_not_of('/') + 1);
  if (is.is_folder()) {
    root_path_ = path_;
    prefix_ = whole + "/";
  } else {
    const std::size_t name = whole.find_last_of('/') + 1;  // 0 where there is no slash
    prefix_ = whole.substr(0, name);
    file_ = whole.substr(name);
    root_path_ = prefix_.empty() ? "." : prefix_;
    how_.recursive = false;
  }
  fd_ = os::open_watch();
  if (fd_ < 0) fail(fd_, path_);
  add_root();
  look_around(stop);
}

int watch_state::add(const std::string& path, os::links last) const noexcept {
  os::watched what;
  what.writes = how_.each_write;
  what.attributes = how_.attributes;
  what.follow = last == os::links::follow;
  return os::watch_folder(fd_, path, what);
}

void watch_state::add_root() {
  root_ = add(root_path_, os::links::follow);
  if (root_ < 0) fail(root_, path_);
  put(root_, -1, {});
  if (how_.recursive) read_names(root_, root_path_, false);
}

void watch_state::look_around(stop_flag stop) {
  if (must_rebuild_) rebuild();
  while (!appeared_.empty()) {
    if (stop.stop_requested()) return;
    const appearance next = std::move(appeared_.front());
    appeared_.pop_front();
    look_into(next);
  }
  for (const int watch : stale_) {
    if (!folders_.contains(watch)) os::unwatch(fd_, watch);
  }
  stale_.clear();
}

void watch_state::rebuild() {
  must_rebuild_ = false;
  for (const auto& [watch, is] : folders_) stale_.push_back(watch);
  folders_.clear();
  appeared_.clear();
  add_root();
}

void watch_state::look_into(const appearance& what) {
  if (!folders_.contains(what.parent)) return;
  const std::string path = path_of(what.parent, what.name);
  const int watch = add(path, os::links::keep);
  if (is_no_folder_now(watch)) return;  // its removal is told by the folder that it lay in
  if (os::to_errc(watch) == errc::permission_denied) return tell(change::unwatched, path, true);
  if (watch < 0) fail(watch, path);
  put(watch, what.parent, what.name);
  read_names(watch, path, what.is_told);
}

void watch_state::read_names(int watch, const std::string& path, bool is_told) {
  const os::links last = watch == root_ ? os::links::follow : os::links::keep;
  const int opened = os::open_folder_at(os::working_folder, path, last);
  if (opened < 0) return;  // gone, which will be told
  folder_reader names{os::fd(opened)};
  os::raw_name found;
  while (names.next(found) > 0) {
    os::file_info info;
    const bool must_ask = found.type == os::file_type::unknown;
    if (must_ask && os::status_at(opened, found.name, os::links::keep, info) == 0) {
      found.type = info.type;
    }
    const bool is_folder = found.type == os::file_type::folder;
    if (is_told) {
      found_.emplace(watch, found.name);
      tell(change::created, path + "/" + found.name, is_folder);
    }
    if (is_folder) appeared_.emplace_back(watch, found.name, is_told);
  }
}

// What is known
// ----------------------------------------------------------------------------------------

/// Gives a folder its place, or another one.
void watch_state::put(int watch, int parent, std::string_view name) {
  unlink(watch);
  folder& is = folders_[watch];
  is.parent = parent;
  is.name = name;
  if (parent >= 0) folders_[parent].folders.insert_or_assign(is.name, watch);
}

/// Out of the folder that it lies in, where that still knows it under its name.
void watch_state::unlink(int watch) {
  const auto known = folders_.find(watch);
  if (known == folders_.end()) return;
  const auto above = folders_.find(known->second.parent);
  if (above == folders_.end()) return;
  const auto place = above->second.folders.find(known->second.name);
  if (place != above->second.folders.end() && place->second == watch) {
    above->second.folders.erase(place);
  }
}

void watch_state::forget(int watch) {
  unlink(watch);
  folders_.erase(watch);
}

/// What has left is not watched any more, with all that is in it.
void watch_state::forget_tree(int watch) {
  std::vector<int> left = {watch};
  while (!left.empty()) {
    const int next = left.back();
    left.pop_back();
    const auto known = folders_.find(next);
    if (known == folders_.end()) continue;
    for (const auto& [name, below] : known->second.folders) left.push_back(below);
    os::unwatch(fd_, next);
    forget(next);
  }
}

int watch_state::watch_of(int parent, std::string_view name) const noexcept {
  const auto known = folders_.find(parent);
  if (known == folders_.end()) return -1;
  const auto found = known->second.folders.find(name);
  return found == known->second.folders.end() ? -1 : found->second;
}

std::string watch_state::path_of(int watch, std::string_view name) const {
  std::vector<std::string_view> names = {name};  // from the last to the first
  for (int at = watch; at != root_;) {
    const folder& is = folders_.at(at);
    names.push_back(is.name);
    at = is.parent;
  }
  std::string path = prefix_;
  while (names.size() > 1) {
    path.append(names.back()).append("/");
    names.pop_back();
  }
  return path.append(name);
}

}  // namespace rondo::fs::detail
