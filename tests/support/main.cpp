// main() of every test program: one seed for the run, printed where a failure will be read, and the
// leak watch, which counts descriptors, children and the frames of coroutines in every test.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <random>

#include <rondo/base/sanitizers.hpp>
#include <rondo/task/frame_pool.hpp>

#include "support/children.hpp"
#include "support/leaks.hpp"
#include "support/seed.hpp"

#if RONDO_TSAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace rondo::testing {
namespace {

std::uint64_t choose_seed() {
  if (const char* text = std::getenv("RONDO_TEST_SEED")) return std::strtoull(text, nullptr, 0);
  std::random_device random;
  return (std::uint64_t{random()} << 32) | random();
}

void print_seed() {
  std::printf("RONDO_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed()));
  std::fflush(stdout);
}

class seed_listener final : public ::testing::EmptyTestEventListener {
  void OnTestPartResult(const ::testing::TestPartResult& result) override {
    if (result.failed()) print_seed();
  }
};

// ThreadSanitizer starts its symbolizer, a child at the end of two pipes, when it first has to
// match a report with a suppression: in the middle of a test, which would then be told of two
// leaked descriptors. Started here, it is there before the first test and after the last.
void start_symbolizer() {
#if RONDO_TSAN
  char text[256];
  __sanitizer_symbolize_pc(reinterpret_cast<void*>(&choose_seed), "%f", text, sizeof text);
#endif
}

}  // namespace

std::uint64_t seed() {
  static const std::uint64_t chosen = choose_seed();
  return chosen;
}

}  // namespace rondo::testing

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  rondo::testing::print_seed();
  rondo::testing::start_symbolizer();
  ::testing::UnitTest::GetInstance()->listeners().Append(new rondo::testing::seed_listener);
  rondo::testing::register_counter("frames of coroutines", [] {
    return static_cast<std::size_t>(rondo::frame_pool::live_blocks());
  });
  rondo::testing::register_counter("children", &rondo::testing::count_children);
  rondo::testing::watch_for_leaks();
  return RUN_ALL_TESTS();
}
