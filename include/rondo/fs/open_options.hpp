#pragma once

#include <rondo/os/file_call.hpp>
#include <rondo/os/open_file.hpp>

namespace rondo::fs {

/// How a file is opened, as a chain: `open_options().write().create_new().permissions(0600)`. The
/// usual ones have names: `reading()`, `writing()`, `appending()`, `updating()`.
class open_options {
 public:
  open_options() noexcept = default;

  open_options& read() noexcept { return add(os::open_flag::read); }
  open_options& write() noexcept { return add(os::open_flag::write); }
  /// Every write goes to the end, also where others write to it. Implies `write`.
  open_options& append() noexcept { return add(os::open_flag::append | os::open_flag::write); }
  /// Makes it where there is none.
  open_options& create() noexcept { return add(os::open_flag::create); }
  /// Makes it, and fails with `errc::already_exists` where there is one, or a symbolic link.
  open_options& create_new() noexcept { return add(os::open_flag::create_new); }
  /// Drops what is in it. Implies `write`.
  open_options& truncate() noexcept { return add(os::open_flag::truncate | os::open_flag::write); }
  /// Fails with `errc::too_many_links` where the last name is a symbolic link.
  open_options& no_follow() noexcept { return add(os::open_flag::keep_link); }
  /// Past the page cache (O_DIRECT): memory, place and size must be multiples of the disk's block.
  open_options& direct() noexcept { return add(os::open_flag::direct); }
  /// Of what is made, less the process's umask. 0666 where nothing is said.
  open_options& permissions(unsigned mode) noexcept {
    mode_ = mode;
    return *this;
  }
  /// The path begins at an open folder, which stays open until the file is.
  open_options& in_folder(int descriptor) noexcept {
    folder_ = descriptor;
    return *this;
  }

  os::open_flag flags() const noexcept { return flags_; }
  unsigned mode() const noexcept { return mode_; }
  int folder() const noexcept { return folder_; }

 private:
  open_options& add(os::open_flag more) noexcept {
    flags_ = flags_ | more;
    return *this;
  }

  os::open_flag flags_ = os::open_flag::none;
  unsigned mode_ = 0666;
  int folder_ = os::working_folder;
};

/// To read one that is there.
inline open_options reading() noexcept {
  return open_options().read();
}
/// To write one anew, whether or not it is there.
inline open_options writing() noexcept {
  return open_options().write().create().truncate();
}
/// To write to the end of one, whether or not it is there.
inline open_options appending() noexcept {
  return open_options().append().create();
}
/// To read and write one that is there.
inline open_options updating() noexcept {
  return open_options().read().write();
}

}  // namespace rondo::fs
