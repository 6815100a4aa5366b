// Fails a test that ends with other open descriptors, or other values of the registered counters,
// than it began with.
#include "support/leaks.hpp"

#include <dirent.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

namespace rondo::testing {
namespace {

struct counter {
  std::string name;
  std::size_t (*read)();
  std::size_t before;
};

// Inside a function, since counters are registered by initialisers of other files, in an unknown
// order.
std::vector<counter>& counters() {
  static std::vector<counter> all;
  return all;
}

using descriptors = std::map<int, std::string>;

// What is open, and what each is: "socket:[4711]" in a failure finds its culprit sooner than a
// number does.
descriptors open_descriptors() {
  descriptors open;
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return open;
  while (const dirent* entry = readdir(folder)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == dirfd(folder)) continue;
    std::array<char, 256> target{};
    const ssize_t size = readlinkat(dirfd(folder), entry->d_name, target.data(), target.size());
    open.emplace(fd, std::string(target.data(), size > 0 ? static_cast<std::size_t>(size) : 0));
  }
  closedir(folder);
  return open;
}

class leak_listener final : public ::testing::EmptyTestEventListener {
  void OnTestStart(const ::testing::TestInfo&) override {
    for (counter& each : counters()) each.before = each.read();
    before_ = open_descriptors();
  }

  void OnTestEnd(const ::testing::TestInfo&) override {
    const descriptors after = open_descriptors();
    for (const auto& [fd, target] : after) {
      if (!before_.contains(fd))
        ADD_FAILURE() << "leaked descriptor " << fd << " (" << target << ")";
    }
    for (const auto& [fd, target] : before_) {
      if (!after.contains(fd))
        ADD_FAILURE() << "closed a foreign descriptor " << fd << " (" << target << ")";
    }
    for (const counter& each : counters()) {
      EXPECT_EQ(each.before, each.read())
          << "leaked: " << each.name << " before and after the test";
    }
  }

  descriptors before_;
};

}  // namespace

bool register_counter(std::string name, std::size_t (*read)()) {
  counters().push_back({std::move(name), read, 0});
  return true;
}

void watch_for_leaks() {
  // Appended after the printer and hence asked before it at a test's end: a leak turns the verdict
  // to FAILED.
  ::testing::UnitTest::GetInstance()->listeners().Append(new leak_listener);
}

}  // namespace rondo::testing
