// A program with nothing to do: makes its loop, runs it, ends.
#include <rondo/loop/loop.hpp>

int main() {
  rondo::loop loop;
  loop.run();
}
