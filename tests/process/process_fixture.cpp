// The watch for children that nobody has waited for.
#include "process/process_fixture.hpp"

#include <sys/wait.h>

#include "support/leaks.hpp"

namespace rondo::testing {

namespace {

/// 1 where there is any child, whether it runs or is a zombie.
std::size_t children() {
  siginfo_t info = {};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ? 1 : 0;
}

const bool children_are_counted = register_counter("children", &children);

}  // namespace

}  // namespace rondo::testing
