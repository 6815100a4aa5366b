// Starts programs: asks one for its output, talks with another through pipes, ends a third that
// would never end, and hears clearly of one that isn't there.
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/process/process.hpp>

using namespace std::chrono_literals;
using rondo::process;
using rondo::process_options;
using rondo::stdio;

rondo::task<> ask() {
  process_options o("sort");
  o.arguments({"-r", "-"}).environment("LC_ALL", "C");
  const rondo::output_options text("pear\napple\nplum\n");
  const rondo::process_output sorted = co_await process::output(o, text);
  std::printf("%s%s\n", sorted.standard_output.c_str(), sorted.status.to_string().c_str());
}

rondo::task<> talk() {
  process_options o("cat");
  o.standard_input(stdio::pipe()).standard_output(stdio::pipe());
  process echo = co_await process::start(o);
  std::array<std::byte, 64> answer;
  for (const char* line : {"one", "two"}) {
    co_await echo.standard_input().write_all(line);
    const std::size_t size = co_await echo.standard_output().read(answer);
    std::printf("cat says %.*s\n", static_cast<int>(size),
                reinterpret_cast<const char*>(answer.data()));
  }
  echo.standard_input().close();  // the end of its input is the end of cat
  const rondo::exit_status s = co_await echo.wait();
  std::printf("cat %s\n", s.to_string().c_str());
}

rondo::task<> end() {
  process sleeper = co_await process::start(process_options("sleep").argument("1000"));
  const rondo::exit_status s = co_await sleeper.terminate(5s);
  std::printf("sleep was %s\n", s.to_string().c_str());
  // Had this function been left or cancelled before, the sleeper would have been killed all the
  // same: who owns a process takes it along.
}

rondo::task<> amain() {
  co_await ask();
  co_await talk();
  co_await end();
  const auto nothing = co_await process::start(process_options("/bin/no-such-program")).as_result();
  std::printf("%s\n", nothing.error().what());
}

int main() {
  return rondo::run(amain());
}
