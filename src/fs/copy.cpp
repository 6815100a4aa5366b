// Copies of files and trees: turns of a `file_copier` on the pool, between which progress is told
// and a cancel is met.
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <rondo/fs/copy.hpp>
#include <rondo/fs/names.hpp>
#include <rondo/fs/walk.hpp>
#include <rondo/task/shield.hpp>

#include "fs/file_copier.hpp"
#include "fs/on_pool.hpp"
#include "fs/temporary_name.hpp"

namespace rondo::fs {

namespace {

task<> give_up(file_copier& copier) {
  auto clean = [&] { copier.give_up(); };
  co_await offload(on_pool("copy"), clean);
}

task<bool> copy_one(std::string from, std::string to, copy_options& how) {
  file_copier copier(std::move(from), std::move(to), how);
  auto go_on = [&](stop_flag stop) { return copier.go_on(stop); };
  std::exception_ptr failure;
  try {
    bool has_more = true;
    while (has_more) {
      has_more = co_await offload(on_pool("copy"), go_on);
      if (how.progress && (has_more || copier.has_copied())) how.progress(copier.progress());
    }
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    co_await shield(give_up(copier));
    std::rethrow_exception(failure);
  }
  co_return copier.has_copied();
}

task<bool> copy_by(std::string from, std::string to, copy_options how) {
  co_return co_await copy_one(std::move(from), std::move(to), how);
}

// Trees
// ----------------------------------------------------------------------------------------

/// A folder that was made or found, and gets what else the original has when all is in it: before,
/// it may have to be written to, and its time would change.
struct open_folder {
  open_folder(std::string at, unsigned deep, const file_info& of)
      : path(std::move(at)), depth(deep), original(of) {}

  std::string path;
  unsigned depth;
  file_info original;
};

class tree_copy {
 public:
  tree_copy(std::string from, std::string to, copy_options how)
      : from_(std::move(from)), to_(std::move(to)), how_(std::move(how)) {}

  task<copy_summary> run() {
    while (to_.size() > 1 && to_.back() == '/') to_.pop_back();
    const file_info original = co_await stat(from_);
    if (!original.is_folder()) throw os::make_error(errc::not_a_directory, "copy", from_);
    co_await check_place();
    co_await copy_folder(to_, 0, original);
    walk_options all;
    all.with_info = true;
    auto entries = walk(from_, all);
    const std::size_t prefix = from_.find_last_not_of('/') + 1;  // of their paths
    for (;;) {
      const walk_entry* const entry = co_await entries.next();
      if (entry == nullptr) break;
      co_await complete_down_to(entry->depth);
      co_await copy_entry(*entry, to_ + entry->path.substr(prefix));
    }
    co_await complete_down_to(0);
    co_return summary_;
  }

 private:
  /// A copy in itself would never end.
  task<> check_place() {
    const std::size_t slash = to_.find_last_of('/');
    const std::string above = slash == to_.npos ? "." : to_.substr(0, slash + 1);
    const std::string source = co_await real_path(from_) + "/";
    const std::string folder = co_await real_path(above) + "/";
    const std::string target = folder + to_.substr(slash == to_.npos ? 0 : slash + 1) + "/";
    if (!target.starts_with(source)) co_return;
    throw os::make_error(errc::invalid_argument, "copy", from_ + " into itself, to " + to_);
  }

  task<> copy_entry(const walk_entry& entry, std::string target) {
    switch (entry.type) {
      case file_type::folder:
        co_await copy_folder(std::move(target), entry.depth, entry.info.value_or(file_info()));
        break;
      case file_type::regular: {
        const bool copied = co_await copy_one(entry.path, std::move(target), how_);
        ++(copied ? summary_.files : summary_.skipped);
        break;
      }
      case file_type::link:
        co_await copy_link(entry.path, std::move(target));
        break;
      default:
        ++summary_.left_out;
    }
  }

  task<> copy_folder(std::string target, unsigned depth, const file_info& original) {
    bool is_made = true;
    try {
      co_await make_folder(target, how_.permissions ? 0700 : 0777);
    } catch (const error& e) {
      if (e.code() != errc::already_exists || how_.existing == on_existing::fail) throw;
      is_made = false;
    }
    // What stands in the way of a folder is not replaced by one.
    if (!is_made) {
      const file_info there = co_await stat(target);
      if (!there.is_folder()) throw os::make_error(errc::not_a_directory, "copy to", target);
    }
    summary_.folders += is_made;
    open_.emplace_back(std::move(target), depth, original);
  }

  task<> copy_link(std::string path, std::string target) {
    const std::string text = co_await read_link(path);
    bool is_made = true;
    try {
      co_await symlink(text, target);
    } catch (const error& e) {
      if (e.code() != errc::already_exists || how_.existing == on_existing::fail) throw;
      is_made = false;
    }
    if (is_made) {
      ++summary_.links;
    } else if (how_.existing == on_existing::skip) {
      ++summary_.skipped;
    } else {
      co_await shield(replace_by_link(text, target));
      ++summary_.links;
    }
  }

  static task<> replace_by_link(std::string text, std::string target) {
    const std::string beside = temporary_name(target);
    co_await symlink(text, beside);
    std::exception_ptr failure;
    try {
      co_await rename(beside, target);
    } catch (const error&) {
      failure = std::current_exception();
    }
    if (!failure) co_return;
    co_await unlink(beside);
    std::rethrow_exception(failure);
  }

  task<> complete_down_to(unsigned depth) {
    while (!open_.empty() && open_.back().depth >= depth) {
      const open_folder folder = std::move(open_.back());
      open_.pop_back();
      if (how_.permissions) co_await chmod(folder.path, folder.original.permissions & 0777U);
      const file_times times(folder.original.accessed_ns, folder.original.modified_ns);
      if (how_.times) co_await set_times(folder.path, times);
    }
  }

  std::string from_;
  std::string to_;
  copy_options how_;
  copy_summary summary_;
  std::vector<open_folder> open_;
};

task<copy_summary> copy_tree_by(std::string from, std::string to, copy_options how) {
  tree_copy work(std::move(from), std::move(to), std::move(how));
  co_return co_await work.run();
}

}  // namespace

task<bool> copy_file(std::string_view from, std::string_view to, copy_options how) {
  return copy_by(std::string(from), std::string(to), std::move(how));
}

task<copy_summary> copy_tree(std::string_view from, std::string_view to, copy_options how) {
  return copy_tree_by(std::string(from), std::string(to), std::move(how));
}

}  // namespace rondo::fs
