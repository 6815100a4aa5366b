// A program that crashes leaves a trace of what it did last. Here a child crashes, and its parent
// looks at what it has left.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/observe/trace_file.hpp>
#include <rondo/task/spawn.hpp>

using namespace std::chrono_literals;

rondo::task<> divide(int by) {
  co_await rondo::sleep_for(1ms);
  if (by == 0) std::abort();
}

rondo::task<> work() {
  auto doomed = co_await rondo::spawn("the unlucky one", divide(0));
  co_await doomed;
}

/// The child. Its file goes to `folder`.
void crash(const std::string& folder) {
  const rlimit none = {};
  setrlimit(RLIMIT_CORE, &none);
  std::freopen("/dev/null", "w", stderr);  // where it says which file that is
  rondo::probe::recorder recorder;
  const rondo::observe::trace_on_crash on_crash(recorder, folder);
  rondo::loop_options options;
  options.recorder = &recorder;
  rondo::run(work(), std::move(options));
}

int main() {
  const std::string folder = std::filesystem::temp_directory_path() / "rondo-example-69";
  std::filesystem::create_directory(folder);
  const pid_t child = fork();
  if (child == 0) {
    crash(folder);
    return 0;
  }
  int status = 0;
  waitpid(child, &status, 0);
  std::printf("the child ended by itself: %s\n", WIFEXITED(status) ? "yes" : "no");

  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(file.path());
    const std::string trace{std::istreambuf_iterator<char>(in), {}};
    std::printf("a trace: %s\n", file.path().filename().string().substr(0, 12).c_str());
    for (const char* const what : {"the unlucky one (69_", "waits: sleep", "has not returned"}) {
      std::printf("%s: %s\n", what, trace.find(what) != std::string::npos ? "yes" : "no");
    }
  }
  std::filesystem::remove_all(folder);
}
