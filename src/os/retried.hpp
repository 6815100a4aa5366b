#pragma once

#include <errno.h>

namespace rondo::os {

/// Calls until it is not interrupted; -1 becomes the negated errno.
template <class Call>
int retried(Call call) noexcept {
  for (;;) {
    const auto outcome = call();
    if (outcome >= 0) return static_cast<int>(outcome);
    if (errno != EINTR) return -errno;
  }
}

}  // namespace rondo::os
