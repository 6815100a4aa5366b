// Closing, once.
#include <unistd.h>

#include <rondo/os/fd.hpp>

namespace rondo::os {

void fd::reset(int number) noexcept {
  if (number_ >= 0) ::close(number_);
  number_ = number;
}

}  // namespace rondo::os
