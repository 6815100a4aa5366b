// The same work for many things, but only so many at a time: over a container, with results in its
// order, and over a source that has to be waited for and is held back by slow work.
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/task/for_each.hpp>

using namespace std::chrono_literals;

rondo::task<> fetch(const std::string& page) {
  co_await rondo::sleep_for(static_cast<int>(page.size()) * 1ms);
  std::printf("fetched %s\n", page.c_str());
}

rondo::task<int> length_of(const std::string& page) {
  co_await rondo::sleep_for(1ms);
  co_return static_cast<int>(page.size());
}

rondo::async_generator<std::string> lines() {
  for (int i = 1; i <= 4; ++i) {
    std::printf("reading line %d\n", i);
    co_await rondo::sleep_for(1ms);
    co_yield "line " + std::to_string(i);
  }
}

rondo::task<> store(std::string line) {
  co_await rondo::sleep_for(10ms);
  std::printf("stored %s\n", line.c_str());
}

rondo::task<> amain() {
  const std::vector<std::string> pages = {"a long one", "short", "medium"};
  co_await rondo::for_each(pages, 2, fetch);

  const std::vector<int> lengths = co_await rondo::map_each(pages, 2, length_of);
  for (const int each : lengths) std::printf("%d ", each);
  std::printf("\n");

  co_await rondo::for_each(lines(), 2, store);  // reads a line only when there is room for it
}

int main() {
  rondo::simulated_clock time;
  rondo::loop_options options;
  options.time = &time;
  return rondo::run(amain(), std::move(options));
}
