// This program once more: its path and its arguments, as the kernel keeps them (proc(5)).
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

#include <rondo/cluster/supervisor.hpp>

namespace rondo::cluster {

process_options this_program() {
  std::error_code failure;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", failure);
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string line((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (failure || line.empty()) {
    throw error(errc::not_found, "find out how this program was started: is /proc mounted?");
  }
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < line.size();) {
    const std::size_t end = line.find('\0', begin);
    words.push_back(line.substr(begin, end - begin));
    begin = end == line.npos ? line.size() : end + 1;
  }
  process_options same(path.string());
  same.name(words.front());
  words.erase(words.begin());
  same.arguments(words);
  return same;
}

}  // namespace rondo::cluster
