// The version has one home, the project() line of CMakeLists.txt, and reaches the code through this
// file alone, so that a new version recompiles one source.
#include <rondo/base/version.hpp>

namespace rondo {

std::string_view version() noexcept {
  return RONDO_VERSION_TEXT;
}

}  // namespace rondo
