// A file line by line, in constant memory however large it is: the words of each level in a log.
// With a path as its argument it counts the lines, bytes and peak memory of that file instead:
//   truncate -s 10G /tmp/large && build/release/examples/example_34_lines /tmp/large
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/fs/lines.hpp>
#include <rondo/fs/names.hpp>
#include <rondo/fs/whole_file.hpp>

namespace fs = rondo::fs;

rondo::task<> levels() {
  const std::string path = "/tmp/rondo-example-" + std::to_string(::getpid()) + ".log";
  co_await fs::write_all(path, "info started\r\nerror no disk\r\ninfo tried again\r\ninfo ended");
  std::map<std::string, int> count;
  fs::lines_options how;
  how.drop_carriage_return = true;
  auto lines = fs::lines(path, how);
  while (auto line = co_await lines.next()) {
    std::printf("[%.*s]\n", static_cast<int>(line->size()), line->data());
    ++count[std::string(line->substr(0, line->find(' ')))];
  }
  for (const auto& [level, times] : count) std::printf("%s: %d\n", level.c_str(), times);
  co_await fs::unlink(path);
}

rondo::task<> measure(std::string path) {
  unsigned long long bytes = 0, newlines = 0;
  auto chunks = fs::chunks(path);
  while (auto chunk = co_await chunks.next()) {
    bytes += chunk->size();
    for (const std::byte b : *chunk) newlines += b == std::byte{'\n'} ? 1 : 0;
  }
  rusage used = {};
  getrusage(RUSAGE_SELF, &used);
  std::printf("%llu bytes, %llu newlines, at most %ld KiB of memory\n", bytes, newlines,
              used.ru_maxrss);
}

int main(int argc, char** argv) {
  rondo::run(argc > 1 ? measure(argv[1]) : levels());
}
