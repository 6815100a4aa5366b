// The folder in which programs that can be inspected are found by their process's number.
#include "observe/socket_place.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include <rondo/os/fd.hpp>
#include <rondo/os/file.hpp>
#include <rondo/os/own_process.hpp>

namespace rondo::observe {

namespace {

std::string in_runtime_folder() {
  const char* const given = std::getenv("XDG_RUNTIME_DIR");
  // The specification wants an absolute path, and anything else ignored.
  return given != nullptr && *given == '/' ? std::string(given) + "/rondo" : "";
}

std::string in_tmp(std::uint32_t user) {
  return "/tmp/rondo-" + std::to_string(user);
}

}  // namespace

std::string socket_folder() {
  const std::string runtime = in_runtime_folder();
  return runtime.empty() ? in_tmp(os::user_id()) : runtime;
}

std::string socket_in(const std::string& folder, int pid) {
  return folder + '/' + std::to_string(pid) + ".sock";
}

std::vector<std::string> folders_of(std::uint32_t user) {
  std::vector<std::string> folders;
  const std::string runtime = in_runtime_folder();
  if (!runtime.empty()) folders.push_back(runtime);
  const std::string usual = "/run/user/" + std::to_string(user) + "/rondo";
  if (usual != runtime) folders.push_back(usual);
  folders.push_back(in_tmp(user));
  return folders;
}

std::vector<int> processes_in(const std::string& folder) {
  std::vector<int> found;
  const os::fd opened(os::open_folder(folder));
  std::vector<os::folder_entry> entries;
  if (!opened || os::list_folder(opened.get(), entries) < 0) return found;
  for (const os::folder_entry& each : entries) {
    const std::string_view name = each.name;
    int pid = 0;
    const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (wrong == std::errc() && name.substr(static_cast<std::size_t>(end - name.data())) == ".sock")
      found.push_back(pid);
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace rondo::observe
