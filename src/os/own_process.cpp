// Processes and their users; and a folder for what only this user is to see.
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rondo/os/own_process.hpp>

namespace rondo::os {

std::uint32_t user_id() noexcept {
  return ::geteuid();
}
const char* program_name() noexcept {
  return ::program_invocation_short_name;
}

bool process_exists(int pid) noexcept {
  return pid > 0 && (::kill(pid, 0) == 0 || errno != ESRCH);
}

int process_owner(int pid, std::uint32_t& user) noexcept {
  struct stat folder = {};
  if (::stat(("/proc/" + std::to_string(pid)).c_str(), &folder) != 0) return -errno;
  user = folder.st_uid;
  return 0;
}

/// Made first and looked at afterwards: in a folder that all may write to, what is there may be
/// anybody's. Once it is ours and a folder, nobody else can put anything in its place (a sticky
/// parent), or in it.
int make_private_folder(const std::string& path) noexcept {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return -errno;
  struct stat found = {};
  if (::lstat(path.c_str(), &found) != 0) return -errno;
  const bool is_ours = S_ISDIR(found.st_mode) && found.st_uid == ::geteuid();
  return is_ours && (found.st_mode & 077) == 0 ? 0 : -EPERM;
}

}  // namespace rondo::os
