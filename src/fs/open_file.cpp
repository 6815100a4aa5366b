// The quiet end of a file.
#include "fs/open_file.hpp"

#include <new>
#include <utility>

#include <rondo/base/thread_token.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/loop/loop_work.hpp>
#include <rondo/os/fd.hpp>

namespace rondo::fs {
namespace {

/// Closes a descriptor on a thread of the pool, and then itself ends. Where the loop ends first, it
/// closes it all the same.
class closing final : public loop_work {
 public:
  explicit closing(os::fd file) noexcept : file_(std::move(file)) {
    kind = work_kind::files;
    name = "close";
  }

 private:
  void perform() noexcept override { file_.reset(); }
  void done(bool /*performed*/) override { delete this; }
  void forsaken() noexcept override { delete this; }

  os::fd file_;
};

}  // namespace

/// Closing a file that was only read waits for nothing, but that of the last name of a large one;
/// one that was written to may be flushed by its file system. On another thread than its loop's the
/// loop can't be asked.
void open_file::close() noexcept {
  os::fd last(fd);
  if (last && is_for_writing && thread == this_thread_token()) {
    if (auto* const work = new (std::nothrow) closing(std::move(last))) {
      try {
        home->submit(*work);
      } catch (...) {
        delete work;  // which closes it here
      }
    }
  }
  delete this;
}

}  // namespace rondo::fs
