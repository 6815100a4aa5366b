// One system call each, on the pool. The public functions copy the path and make the coroutine that
// keeps it: a coroutine that took the view would look at it only when it is awaited.
#include <cstddef>
#include <utility>
#include <vector>

#include <rondo/fs/file_operation.hpp>
#include <rondo/fs/names.hpp>

#include "fs/on_pool.hpp"

namespace rondo::fs {

namespace {

using os::working_folder;

/// A call of which only the failure is of interest.
template <class Call>
task<> change(label what, std::string path, Call call) {
  const char* const name = what.c_str();  // a literal, which outlives the label
  auto work = [&] { return call(path); };
  const int outcome = co_await offload(on_pool(std::move(what)), work);
  throw_if_failed(outcome, name, path);
}

/// The same with two paths.
template <class Call>
task<> change(label what, std::string from, std::string to, Call call) {
  const char* const name = what.c_str();
  auto work = [&] { return call(from, to); };
  const int outcome = co_await offload(on_pool(std::move(what)), work);
  if (outcome < 0) throw os::make_error(outcome, name, from + " to " + to);
}

/// The most frequent of all calls, and most often of what the kernel knows: so it is asked at once,
/// and the pool only where that would wait.
task<file_info> status_of(std::string path, os::links last) {
  if (path.empty()) throw os::make_error(os::no_such_file, "stat", "a path that is empty");
  if (path.find('\0') != path.npos) {
    throw os::make_error(errc::invalid_argument, "stat", "a path with a zero byte in it");
  }
  os::status_memory told;
  os::file_call call;
  call.kind = os::file_call_kind::stat;
  call.fd = working_folder;
  call.path = path.c_str();
  call.flags = os::native_flags(last);
  call.data = &told;
  const int outcome = co_await file_operation(call);
  throw_if_failed(outcome, "stat", path);
  co_return os::info_from(told);
}

bool is_missing(int outcome) noexcept {
  const errc code = os::to_errc(outcome);
  return code == errc::not_found || code == errc::not_a_directory;
}

task<bool> is_there(std::string path) {
  auto ask = [&] { return os::access_at(working_folder, path, 0); };
  const int outcome = co_await offload(on_pool("exists"), ask);
  if (is_missing(outcome)) co_return false;
  throw_if_failed(outcome, "look for", path);
  co_return true;
}

task<bool> is_granted(std::string path, access_right wanted) {
  auto ask = [&] { return os::access_at(working_folder, path, static_cast<unsigned>(wanted)); };
  const int outcome = co_await offload(on_pool("access"), ask);
  const errc code = os::to_errc(outcome);
  const bool refused = is_missing(outcome) || code == errc::permission_denied ||
                       code == errc::read_only || code == errc::busy;
  if (refused) co_return false;
  throw_if_failed(outcome, "ask for access to", path);
  co_return true;
}

task<std::string> target_of(std::string path) {
  std::string target;
  auto ask = [&] { return os::read_link_at(working_folder, path, target); };
  const int outcome = co_await offload(on_pool("read_link"), ask);
  throw_if_failed(outcome, "read the link", path);
  co_return target;
}

task<std::string> resolved(std::string path) {
  std::string found;
  auto ask = [&] { return os::real_path(path, found); };
  const int outcome = co_await offload(on_pool("real_path"), ask);
  throw_if_failed(outcome, "resolve", path);
  co_return found;
}

task<space_info> space_around(std::string path) {
  space_info info;
  auto ask = [&] { return os::space_of(path, info); };
  const int outcome = co_await offload(on_pool("space"), ask);
  throw_if_failed(outcome, "ask for the space of", path);
  co_return info;
}

// Folders, with all above them
// ----------------------------------------------------------------------------------------

/// How much of the path names the folder above.
std::size_t end_of_parent(std::string_view path) noexcept {
  const std::size_t last = path.find_last_not_of('/');
  const std::size_t slash = last == path.npos ? path.npos : path.find_last_of('/', last);
  if (slash == path.npos) return 0;
  const std::size_t end = path.find_last_not_of('/', slash);
  return end == path.npos ? 0 : end + 1;
}

/// -> 1 where it was made, 0 where a folder was there
int make_one(const std::string& path, unsigned permissions, bool& has_vanished) {
  has_vanished = false;
  const int made = os::make_folder_at(working_folder, path, permissions);
  if (made == 0) return 1;
  if (os::to_errc(made) == errc::not_found) return made;
  // Whatever the reason (it exists, the file system is read-only, ...), a folder is a folder.
  file_info there;
  const int looked = os::status_at(working_folder, path, os::links::follow, there);
  if (looked == 0 && there.is_folder()) return 0;
  has_vanished = is_missing(looked) && os::to_errc(made) == errc::already_exists;
  return made;
}

/// Up until a folder can be made, then down again. What somebody removes meanwhile is made again,
/// but not for ever (a link that leads nowhere looks as if it were removed at each moment).
int make_all(const std::string& path, unsigned permissions) {
  std::size_t patience = path.size() + 100;       // more than there are folders on the way
  std::vector<std::size_t> ends = {path.size()};  // of what is still to be made, the next one last
  for (;;) {
    const std::string at = path.substr(0, ends.back());
    bool has_vanished = false;
    const int made = make_one(at, permissions, has_vanished);
    if (made >= 0) {
      ends.pop_back();
      if (ends.empty()) return made;
      continue;
    }
    const std::size_t parent = end_of_parent(at);
    const bool lacks_parent = os::to_errc(made) == errc::not_found && parent > 0;
    if ((!lacks_parent && !has_vanished) || --patience == 0) return made;
    if (lacks_parent) ends.push_back(parent);
  }
}

task<bool> make_missing(std::string path, unsigned permissions) {
  auto work = [&] { return make_all(path, permissions); };
  const int outcome = co_await offload(on_pool("make_folders"), work);
  throw_if_failed(outcome, "make the folder", path);
  co_return outcome == 1;
}

}  // namespace

task<file_info> stat(std::string_view path) {
  return status_of(std::string(path), os::links::follow);
}
task<file_info> lstat(std::string_view path) {
  return status_of(std::string(path), os::links::keep);
}
task<bool> exists(std::string_view path) {
  return is_there(std::string(path));
}
task<bool> access(std::string_view path, access_right wanted) {
  return is_granted(std::string(path), wanted);
}

task<> chmod(std::string_view path, unsigned permissions) {
  return change("change the mode of", std::string(path), [=](const std::string& p) {
    return os::change_mode_at(working_folder, p, permissions);
  });
}
task<> chown(std::string_view path, file_owner owner) {
  return change("change the owner of", std::string(path), [=](const std::string& p) {
    return os::change_owner_at(working_folder, p, owner.user.value_or(UINT32_MAX),
                               owner.group.value_or(UINT32_MAX), owner.last);
  });
}
task<> set_times(std::string_view path, file_times times) {
  return change("set the times of", std::string(path), [=](const std::string& p) {
    return os::change_times_at(working_folder, p, times.accessed_ns, times.modified_ns, times.last);
  });
}

task<> rename(std::string_view from, std::string_view to, rename_rule rule) {
  return change("rename", std::string(from), std::string(to),
                [=](const std::string& f, const std::string& t) {
                  return os::rename_at(working_folder, f, working_folder, t, rule);
                });
}
task<> hard_link(std::string_view existing, std::string_view name) {
  return change("link", std::string(existing), std::string(name),
                [](const std::string& e, const std::string& n) {
                  return os::link_at(working_folder, e, working_folder, n);
                });
}
task<> symlink(std::string_view target, std::string_view name) {
  return change("make the link", std::string(name), std::string(target),
                [](const std::string& n, const std::string& t) {
                  return os::symlink_at(t, working_folder, n);
                });
}
task<std::string> read_link(std::string_view path) {
  return target_of(std::string(path));
}
task<> unlink(std::string_view path) {
  return change("unlink", std::string(path),
                [](const std::string& p) { return os::unlink_at(working_folder, p); });
}

task<> make_folder(std::string_view path, unsigned permissions) {
  return change("make the folder", std::string(path), [=](const std::string& p) {
    return os::make_folder_at(working_folder, p, permissions);
  });
}
task<bool> make_folders(std::string_view path, unsigned permissions) {
  return make_missing(std::string(path), permissions);
}
task<> remove_folder(std::string_view path) {
  return change("remove the folder", std::string(path),
                [](const std::string& p) { return os::remove_folder_at(working_folder, p); });
}

task<std::string> real_path(std::string_view path) {
  return resolved(std::string(path));
}
task<space_info> space(std::string_view path) {
  return space_around(std::string(path));
}

}  // namespace rondo::fs
