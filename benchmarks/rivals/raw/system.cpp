// The limit of the rows of files and datagrams: plain system calls that block, one after the other,
// on one thread.
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "../common/bench.h"
#include "../common/files.h"

static long counted;
static std::vector<char> buffer(BENCH_LARGE_PIECE, 'x');

static void transfer(const bench_options& o, long n, size_t piece, bool writes) {
  const std::string path = std::string(o.folder) + (writes ? "/scratch" : "/large");
  const int fd = open(path.c_str(), writes ? O_WRONLY : O_RDONLY);
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    const auto offset = static_cast<off_t>(bench_offset(i, piece));
    const ssize_t moved =
        writes ? pwrite(fd, buffer.data(), piece, offset) : pread(fd, buffer.data(), piece, offset);
    if (moved == static_cast<ssize_t>(piece)) ++counted;
  }
  bench_stop(&watch);
  close(fd);
  if (counted == n) bench_report(o.row, watch, n);
}

static void whole(const bench_options& o, long n) {
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    char path[BENCH_PATH];
    bench_name(path, o.folder, i);
    const int fd = open(path, O_RDONLY);
    struct stat found;
    fstat(fd, &found);
    std::vector<char> bytes(static_cast<size_t>(found.st_size));
    if (read(fd, bytes.data(), bytes.size()) == found.st_size) ++counted;
    close(fd);
  }
  bench_stop(&watch);
  if (counted == n) bench_report(o.row, watch, n);
}

static void stats(const bench_options& o, long n) {
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n; ++i) {
    char path[BENCH_PATH];
    bench_name(path, o.folder, i);
    struct stat found;
    if (stat(path, &found) == 0) ++counted;
  }
  bench_stop(&watch);
  if (counted == n) bench_report(o.row, watch, n);
}

static void walk_in(const std::string& path) {
  DIR* const folder = opendir(path.c_str());
  while (const dirent* const entry = readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    ++counted;
    if (entry->d_type == DT_DIR) walk_in(path + '/' + entry->d_name);
  }
  closedir(folder);
}

static void walk(const bench_options& o, long n) {
  const std::string tree = std::string(o.folder) + "/tree";
  bench_watch watch{};
  bench_start(&watch);
  while (counted < n) walk_in(tree);
  bench_stop(&watch);
  bench_report(o.row, watch, counted);
}

static void datagrams(const bench_options& o, long n, long burst) {
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  const int to = socket(AF_INET, SOCK_DGRAM, 0);
  bind(to, reinterpret_cast<sockaddr*>(&here), sizeof here);
  getsockname(to, reinterpret_cast<sockaddr*>(&here), &size);
  const int from = socket(AF_INET, SOCK_DGRAM, 0);
  connect(from, reinterpret_cast<sockaddr*>(&here), sizeof here);
  bench_watch watch{};
  bench_start(&watch);
  for (long i = 0; i < n / burst; ++i) {
    for (long k = 0; k < burst; ++k) send(from, buffer.data(), BENCH_DATAGRAM, 0);
    for (long k = 0; k < burst; ++k) {
      if (recv(to, buffer.data(), 2048, 0) == BENCH_DATAGRAM) ++counted;
    }
  }
  bench_stop(&watch);
  if (counted == n / burst * burst) bench_report(o.row, watch, counted);
}

int main(int argc, char** argv) {
  const bench_options o = bench_parse(argc, argv);
  const std::string_view row = o.row;
  const long n = bench_operations(&o);
  if (row == "file_read_4k" || row == "file_write_4k") {
    transfer(o, n, BENCH_SMALL_PIECE, row == "file_write_4k");
  } else if (row == "file_read_1m" || row == "file_write_1m") {
    transfer(o, n, BENCH_LARGE_PIECE, row == "file_write_1m");
  } else if (row == "file_whole") {
    whole(o, n);
  } else if (row == "file_stat") {
    stats(o, n);
  } else if (row == "file_walk") {
    walk(o, n);
  } else if (row == "udp_one" || row == "udp_burst") {
    datagrams(o, n, row == "udp_one" ? 1 : BENCH_BURST);
  } else {
    return BENCH_EXIT_NO_SUCH_ROW;
  }
}
