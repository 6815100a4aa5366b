// What is gone when its user is: files without a name, folders that are removed.
#include <atomic>

#include <rondo/fs/remove_all.hpp>
#include <rondo/fs/temporary.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/file_copy.hpp>
#include <rondo/os/file_system.hpp>

#include "fs/on_pool.hpp"
#include "fs/temporary_name.hpp"
#include "fs/tree_remover.hpp"

namespace rondo::fs {

namespace {

std::string folder_or_usual(std::string_view folder) {
  return folder.empty() ? os::folder_for_temporaries() : std::string(folder);
}

/// -> descriptor
int open_nameless(const std::string& folder) {
  constexpr unsigned for_the_user = 0600;
  const int unnamed = os::open_unnamed(folder, for_the_user);
  if (os::to_errc(unnamed) != errc::not_supported && os::to_errc(unnamed) != errc::is_a_directory) {
    return unnamed;
  }
  const std::string name = temporary_name(folder + "/rondo");
  const int made = os::open_new(name, for_the_user);
  if (made >= 0) os::unlink_at(os::working_folder, name);
  return made;
}

task<file> nameless_in(std::string folder) {
  os::fd opened;
  auto work = [&] {
    const int outcome = open_nameless(folder);
    opened.reset(outcome);
    return outcome;
  };
  const int outcome = co_await offload(on_pool("temporary_file"), work);
  throw_if_failed(outcome, "make a temporary file in", folder);
  loop& home = co_await this_loop();
  co_return file::adopt(home, std::move(opened), folder + "/(no name)");
}

task<> name_as(int descriptor, std::string path) {
  auto work = [&] { return os::name_unnamed(descriptor, path); };
  const int outcome = co_await offload(on_pool("give_name"), work);
  throw_if_failed(outcome, "give the name", path);
}

task<temporary_folder> unique_folder(std::string stem) {
  auto work = [&] { return os::make_unique_folder(stem); };
  const int outcome = co_await offload(on_pool("temporary_folder"), work);
  throw_if_failed(outcome, "make a temporary folder", stem);
  co_return temporary_folder::adopt(std::move(stem));
}

}  // namespace

task<file> temporary_file(std::string_view folder) {
  return nameless_in(folder_or_usual(folder));
}

task<> give_name(const file& unnamed, std::string_view path) {
  return name_as(unnamed.descriptor(), std::string(path));
}

temporary_folder::~temporary_folder() {
  if (path_.empty()) return;
  // No await here, and nobody to tell of a failure.
  const std::atomic<bool> never_stopped = false;
  try {
    tree_remover tree(path_);
    while (tree.go_on(stop_flag(never_stopped))) {
    }
  } catch (const error&) {
    return;
  }
}

task<temporary_folder> temporary_folder::make(std::string_view prefix, std::string_view folder) {
  return unique_folder(folder_or_usual(folder).append("/").append(prefix));
}

task<> temporary_folder::remove() {
  if (path_.empty()) co_return;
  static_cast<void>(co_await remove_all(path_));
  path_.clear();
}

}  // namespace rondo::fs
