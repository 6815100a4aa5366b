// `rondo doctor`: what the machine grants, and what stands in the way of the rest.
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include <rondo/base/version.hpp>
#include <rondo/io/candidates.hpp>

#include "cli/serve.hpp"

namespace rondo::cli {

namespace {

/// The first line of a small file of the kernel's, or "unknown".
std::string line_of(const char* path) {
  std::ifstream file(path);
  std::string line;
  return std::getline(file, line) && !line.empty() ? line : "unknown";
}

std::string limit_text(rlim_t limit) {
  return limit == RLIM_INFINITY ? "unlimited" : std::to_string(limit);
}

void print_limit(const char* name, int which) {
  rlimit limit = {};
  getrlimit(which, &limit);
  std::printf("  %-22s %s (can be raised to %s)\n", name, limit_text(limit.rlim_cur).c_str(),
              limit_text(limit.rlim_max).c_str());
}

}  // namespace

int doctor() {
  utsname kernel = {};
  uname(&kernel);
  std::printf("Rondo %s on %s %s (%s), %ld cores\n\n", std::string(version()).c_str(),
              kernel.sysname, kernel.release, kernel.machine, sysconf(_SC_NPROCESSORS_ONLN));

  std::printf("Backends, best first:\n");
  const char* chosen = nullptr;
  for (const io::candidate& one : io::candidates()) {
    if (one.granted && chosen == nullptr) chosen = io::to_string(one.kind);
    std::printf("  %-8s %-4s %s\n", io::to_string(one.kind), one.granted ? "yes" : "no",
                one.reason.c_str());
  }
  std::printf("  automatic choice: %s\n\n", chosen != nullptr ? chosen : "none");

  std::printf("Limits:\n");
  print_limit("open descriptors", RLIMIT_NOFILE);
  print_limit("locked memory (bytes)", RLIMIT_MEMLOCK);
  std::printf("  %-22s %s\n", "listen backlog", line_of("/proc/sys/net/core/somaxconn").c_str());
  std::printf("  %-22s %s\n", "local ports",
              line_of("/proc/sys/net/ipv4/ip_local_port_range").c_str());
  std::printf("  %-22s %s\n", "io_uring_disabled",
              line_of("/proc/sys/kernel/io_uring_disabled").c_str());
  return chosen != nullptr ? 0 : 1;
}

}  // namespace rondo::cli
