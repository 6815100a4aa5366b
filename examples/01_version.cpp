// The smallest program: which Rondo is this?
#include <cstdio>

#include <rondo/base/version.hpp>

int main() {
  const auto text = rondo::version();
  std::printf("rondo %.*s\n", static_cast<int>(text.size()), text.data());
}
