// Counts this process's children. waitid would say that there are some, but not how many: a
// sanitizer's symbolizer is a child for as long as the program lives.
#include "support/children.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace rondo::testing {
namespace {

// "4711 (a name) S 42 ...": the parent is the second field behind the name, which may hold
// anything.
bool is_child_of(const std::filesystem::path& folder, pid_t parent) {
  std::ifstream stat(folder / "stat");
  std::string text;
  if (!std::getline(stat, text, '\0')) return false;  // it ended while we looked
  const std::size_t behind_name = text.rfind(')');
  if (behind_name == std::string::npos || behind_name + 4 >= text.size()) return false;
  return std::stol(text.substr(behind_name + 4)) == parent;
}

}  // namespace

std::size_t count_children() {
  const pid_t self = getpid();
  std::size_t count = 0;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ec)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") == std::string::npos)
      count += is_child_of(entry.path(), self) ? 1U : 0U;
  }
  return count;
}

}  // namespace rondo::testing
