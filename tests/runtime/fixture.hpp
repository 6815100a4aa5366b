#pragma once

#include <dirent.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/os/thread_watch.hpp>

#include "support/gate.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {

/// The threads of this process, as the kernel counts them, a sanitizer's own among them; but not
/// the watchdog, which is there while a loop is.
inline int threads_alive() {
  static const bool sanitizer_has_begun = (std::thread([] {}).join(), true);
  static_cast<void>(sanitizer_has_begun);
  int count = 0;
  DIR* const folder = opendir("/proc/self/task");
  while (const dirent* const entry = readdir(folder)) {
    if (entry->d_name[0] == '.') continue;
    if (os::thread_name(std::atoi(entry->d_name)) != "rondo-watchdog") ++count;
  }
  closedir(folder);
  return count;
}

inline std::string backend_name(const ::testing::TestParamInfo<io::backend_kind>& of) {
  return io::to_string(of.param);
}

/// Waits, turning the loop, until `condition` holds, which other threads bring about.
template <class Condition>
task<> until(Condition condition) {
  while (!condition()) co_await sleep_for(duration::microseconds(100));
}

/// The backends that this machine grants.
inline std::vector<io::backend_kind> granted_backends() {
  std::vector<io::backend_kind> granted;
  for (const io::candidate& one : io::candidates()) {
    if (one.granted) granted.push_back(one.kind);
  }
  return granted;
}

/// Every test runs on every backend, on both sides, and fails instead of hanging; and where it
/// leaves a thread behind.
class threads_test : public ::testing::TestWithParam<io::backend_kind> {
 protected:
  /// Runs a test that is a coroutine.
  void play(task<> what) {
    loop_options options;
    options.backend = io::make_backend(GetParam()).value();
    loop l(std::move(options));
    run(l, as_task(with_timeout(duration::seconds(60), std::move(what))));
  }

  void TearDown() override {
    // The kernel takes a thread off its list a little after it has let others join it.
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (threads_alive() != before_ && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::yield();
    }
    EXPECT_EQ(threads_alive(), before_) << "threads were left behind";
  }

 private:
  const int before_ = threads_alive();
};

}  // namespace rondo::testing
