// Random numbers for secrets: the kernel's. Up to 256 bytes are given whole, whatever signals come
// (getrandom(2)).
#include <sys/random.h>

#include <rondo/base/assert.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/secret.hpp>

namespace rondo::os {

int fill_with_secret(void* bytes, std::size_t size) noexcept {
  RONDO_ASSERT(size <= 256);
  for (;;) {
    if (::getrandom(bytes, size, 0) >= 0) return 0;
    const int failed = last_error();
    if (failed != interrupted) return failed;
  }
}

}  // namespace rondo::os
