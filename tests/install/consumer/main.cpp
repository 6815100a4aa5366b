// A program outside of Rondo's tree: what is installed must be enough to compile, link and run it.
#include <rondo/base/version.hpp>

#include <cstdio>
#include <string>

int main() {
  std::printf("found rondo %s\n", std::string(rondo::version()).c_str());
  return rondo::version().empty() ? 1 : 0;
}
