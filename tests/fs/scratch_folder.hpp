#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace rondo::testing {

/// Where tests put many files: TMPDIR, or in memory, since a disk that others use takes seconds for
/// what a test of ours does on each backend.
inline std::string place_for_many_files() {
  if (const char* const chosen = std::getenv("TMPDIR")) return chosen;
  return ::access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
}

/// A folder of a test's own, empty at first, which goes with all that is in it. Made and filled by
/// other means than what is tested.
class scratch_folder {
 public:
  explicit scratch_folder(std::string_view below = place_for_many_files()) {
    path_ = std::string(below) + "/rondo-fs-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp " + path_);
  }
  scratch_folder(const scratch_folder&) = delete;
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const noexcept { return path_; }
  /// A path in it.
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  std::string write(std::string_view name, std::string_view text = "") const {
    const std::string at = *this / name;
    std::ofstream(at, std::ios::binary) << text;
    return at;
  }
  std::string read(std::string_view name) const { return text_of(*this / name); }
  static std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  /// With all above it.
  std::string make_folder(std::string_view name) const {
    std::filesystem::create_directories(*this / name);
    return *this / name;
  }
  bool has(std::string_view name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(*this / name));
  }

 private:
  std::string path_;
};

}  // namespace rondo::testing
