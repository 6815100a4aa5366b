// Files: written at once and read, a part of one changed, a lock that somebody else holds, and a
// mistake that says what it is.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/fs/file.hpp>
#include <rondo/fs/names.hpp>
#include <rondo/fs/whole_file.hpp>

using namespace std::chrono_literals;
namespace fs = rondo::fs;

rondo::task<> change(const std::string& path) {
  fs::file f = co_await fs::file::open(path, fs::updating());
  std::string word(5, '\0');
  co_await f.read_exact_at(std::as_writable_bytes(std::span(word)), 7);
  std::printf("at 7: %s\n", word.c_str());
  co_await f.write_all_at(std::as_bytes(std::span("DISK!").first(5)), 7);
  co_await f.sync();
  co_await f.close();  // says whether all of it went well
  const std::string now = co_await fs::read_text(path);
  std::printf("now: %s", now.c_str());
}

rondo::task<> share(const std::string& path) {
  fs::file one = co_await fs::file::open(path);
  fs::file two = co_await fs::file::open(path);
  fs::file_lock held = co_await one.lock();
  const auto late = co_await rondo::within(10ms, two.lock());
  std::printf("the second lock: %s\n", late ? "got it" : "somebody has it");
  held.unlock();
  const fs::file_lock mine = co_await two.lock();
  std::printf("and again: %s\n", mine ? "got it" : "somebody has it");
}

rondo::task<> amain(std::string folder) {
  const std::string path = folder + "/greeting";
  co_await fs::write_all(path, "hello, world\n");  // whoever looks sees all of it, or nothing
  co_await change(path);
  co_await share(path);
  try {
    co_await fs::read_text("/no/such/file");
  } catch (const rondo::error& e) {
    std::printf("%s\n", e.what());
  }
  co_await fs::unlink(path);
}

int main() {
  std::string folder = "/tmp/rondo-example-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  rondo::run(amain(folder));
  return ::rmdir(folder.c_str());
}
