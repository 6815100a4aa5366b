// What the kernel tells a process of itself: /proc/self/stat for most of it.
#include <rondo/os/process_usage.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

#include <rondo/os/fd.hpp>

namespace rondo::os {

namespace {

/// The beginning of a file, with a zero behind it.
template <std::size_t Size>
void read_text(const char* path, char (&text)[Size]) noexcept {
  std::size_t got = 0;
  const fd file(::open(path, O_RDONLY | O_CLOEXEC));
  while (file && got < Size - 1) {
    const ssize_t more = ::read(file.get(), text + got, Size - 1 - got);
    if (more <= 0) break;
    got += static_cast<std::size_t>(more);
  }
  text[got] = '\0';
}

/// When the machine was started, in seconds since 1970. Asked once, so that it never differs.
double boot_time() noexcept {
  timespec now = {};
  timespec up = {};
  clock_gettime(CLOCK_REALTIME, &now);
  clock_gettime(CLOCK_BOOTTIME, &up);
  return static_cast<double>(now.tv_sec - up.tv_sec) +
         static_cast<double>(now.tv_nsec - up.tv_nsec) / 1e9;
}

double seconds(const timeval& t) noexcept {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

/// Linux says it as the size of the folder, since 6.2; before that they have to be counted.
std::uint64_t count_descriptors() noexcept {
  struct stat s = {};
  if (::stat("/proc/self/fd", &s) == 0 && s.st_size > 0)
    return static_cast<std::uint64_t>(s.st_size);
  DIR* const folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  std::uint64_t count = 0;
  while (const dirent* const each = ::readdir(folder)) count += each->d_name[0] == '.' ? 0 : 1;
  ::closedir(folder);
  return count - 1;  // the folder's own
}

void read_stat(process_usage& usage) noexcept {
  static const double booted = boot_time();
  char text[1024];
  read_text("/proc/self/stat", text);
  const char* field = ::strrchr(text, ')');  // the name may hold anything, but this is behind it
  if (field == nullptr) return;
  // Fields by their numbers in proc(5): the name is the second.
  for (int number = 3; (field = ::strchr(field, ' ')) != nullptr; ++number) {
    ++field;
    const std::uint64_t value = ::strtoull(field, nullptr, 10);
    if (number == 20) usage.threads = value;
    if (number == 22) {
      usage.started =
          booted + static_cast<double>(value) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }
    if (number == 23) usage.virtual_bytes = value;
    if (number == 24) {
      usage.resident_bytes = value * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
      return;
    }
  }
}

}  // namespace

process_usage usage_of_process() noexcept {
  process_usage usage;
  read_stat(usage);
  rusage used = {};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    usage.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  }
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    usage.most_descriptors = limit.rlim_cur;
  }
  usage.open_descriptors = count_descriptors();
  return usage;
}

}  // namespace rondo::os
