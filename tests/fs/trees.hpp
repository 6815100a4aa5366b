#pragma once

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>

#include <rondo/async/yield.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/task/scope.hpp>

#include "fs/scratch_folder.hpp"

namespace rondo::testing {

/// A chain of folders, deeper than any path can say, each with a file beside the next. Returns
/// whether it is there.
inline bool make_deep_tree(const std::string& in, int depth) {
  os::fd at(::open(in.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; i < depth; ++i) {
    const os::fd file(::openat(at.get(), "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    if (!file || ::mkdirat(at.get(), "d", 0700) < 0) return false;
    at.reset(::openat(at.get(), "d", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!at) return false;
  }
  return true;
}

/// A small file system of its own, mounted at a folder, where that is granted.
class mounted_folder {
 public:
  mounted_folder(std::string at, const char* options) : path_(std::move(at)) {
    if (::mount("tmpfs", path_.c_str(), "tmpfs", 0, options) < 0) error_ = errno;
  }
  mounted_folder(const mounted_folder&) = delete;
  ~mounted_folder() {
    if (is_granted()) ::umount2(path_.c_str(), MNT_DETACH);
  }
  bool is_granted() const noexcept { return error_ == 0; }
  const char* why_not() const noexcept { return ::strerrordesc_np(error_); }

 private:
  std::string path_;
  int error_ = 0;
};

/// For as long as it lives this process is somebody whom the modes of files stop. For root only.
class nobody {
 public:
  nobody() { EXPECT_EQ(::seteuid(65534), 0); }
  nobody(const nobody&) = delete;
  ~nobody() { EXPECT_EQ(::seteuid(0), 0); }
};

/// Runs `work` and cancels it after so many turns of the loop; false where it ended before that,
/// and so met no cancel.
inline task<bool> cancelled_after(int turns, task<> work) {
  const auto noting = [](task<> work, bool& was_cancelled) -> task<> {
    try {
      co_await std::move(work);
    } catch (const cancelled&) {
      was_cancelled = true;
      throw;
    }
  };
  bool was_cancelled = false;
  co_await with_scope([&](scope& s) -> task<> {
    auto running = s.spawn(noting(std::move(work), was_cancelled));
    for (int i = 0; i < turns; ++i) co_await yield_now();
    s.cancel();
  });
  co_return was_cancelled;
}

}  // namespace rondo::testing
