// Closing, once.
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <rondo/os/fd.hpp>

namespace rondo::os {

void fd::reset(int number) noexcept {
  if (number_ >= 0) ::close(number_);
  number_ = number;
}

int set_close_on_exec(int fd) noexcept {
  return ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? 0 : -errno;
}

}  // namespace rondo::os
