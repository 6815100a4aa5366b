#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <rondo/fs/file.hpp>
#include <rondo/task/task.hpp>

/// What is gone when its user is. Without a folder, things lie in TMPDIR, or in /tmp. All throw
/// `error`.
namespace rondo::fs {

/// A file for reading and writing that has no name, so nobody else finds it, and that goes with the
/// last who has it open, even where the process is killed. Where the file system knows no such
/// files (O_TMPFILE), it is made under a hidden name, and that is removed at once.
RONDO_OWNING_WRAPPER task<file> temporary_file(std::string_view folder = {});

/// Gives a name to what `temporary_file` has made, on the same file system: then it stays. So a
/// file appears complete, or not at all. `errc::already_exists` where something has the name;
/// `errc::not_found` where its folder is not there, or the file system knows no files without a
/// name.
RONDO_OWNING_WRAPPER task<> give_name(const file& unnamed, std::string_view path);

/// A folder of this user's own, empty at first.
class temporary_folder {
 public:
  temporary_folder() noexcept = default;  ///< none
  temporary_folder(temporary_folder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  temporary_folder& operator=(temporary_folder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  /// Removes it with all that is in it, where `remove` has not: in place, so the loop waits for the
  /// disk; and what can't be removed stays.
  ~temporary_folder();

  /// `prefix`: what its name begins with.
  RONDO_OWNING_WRAPPER static task<temporary_folder> make(std::string_view prefix = "rondo-",
                                                          std::string_view folder = {});

  /// One that is there already: from now on it goes with this object.
  static temporary_folder adopt(std::string path) noexcept {
    temporary_folder made;
    made.path_ = std::move(path);
    return made;
  }

  /// Without a slash at its end.
  const std::string& path() const noexcept { return path_; }
  /// A path in it.
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  /// Removes it with all that is in it, as `remove_all` does. After a cancel the rest is still
  /// there, and may be removed again.
  task<> remove();
  /// It stays: its path.
  std::string keep() noexcept { return std::exchange(path_, {}); }

 private:
  std::string path_;
};

}  // namespace rondo::fs
