// The only place of the library that writes to standard error: a bug has been met, the process
// ends, and whoever reads the log deserves the operands. Raw stdio, because nothing else can be
// trusted now.
#include <rondo/base/assert.hpp>

#include <cstdio>
#include <cstdlib>

namespace rondo::detail {

void assert_failed(const char* expression, const char* names, const long long* values, int count,
                   const char* file, int line) noexcept {
  std::fprintf(stderr, "rondo: assertion failed: %s\n  at %s:%d\n", expression, file, line);
  if (count > 0) {
    std::fprintf(stderr, "  %s =", names);
    for (int i = 0; i < count; ++i) std::fprintf(stderr, " %lld", values[i]);
    std::fputc('\n', stderr);
  }
  std::fflush(stderr);
  std::abort();
}

}  // namespace rondo::detail
