#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/dns/resolver.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/when_all.hpp>

#include "support/gate.hpp"

namespace rondo::testing {

using namespace std::chrono_literals;

/// Every test runs on every backend that this machine grants, and fails instead of hanging.
class dns_test : public ::testing::TestWithParam<io::backend_kind> {
 public:
  static constexpr duration watchdog = duration::seconds(60);

  /// Runs a test that is a coroutine.
  void play(task<> what) { run(l, guarded(std::move(what))); }

  /// Calls that nobody waits for any more go on, and use what the next test changes.
  ~dns_test() override {
    await_condition([this] { return l.pool().counts().of(work_kind::names).running == 0; });
  }

  loop l{options()};

 private:
  static loop_options options();
  static task<> guarded(task<> what) { co_await with_timeout(watchdog, std::move(what)); }
};

/// What awaiting `work` threw, as a code; `errc::ok` where nothing was thrown.
template <class T>
task<errc> thrown_by(task<T> work) {
  errc code = errc::ok;
  try {
    static_cast<void>(co_await std::move(work));
  } catch (const error& e) {
    code = e.code();
  } catch (const cancelled&) {
    code = errc::cancelled;
  }
  co_return code;
}

/// The text of the `error` that `work` throws; "" where it throws nothing.
template <class T>
task<std::string> text_thrown_by(task<T> work) {
  std::string text;
  try {
    static_cast<void>(co_await std::move(work));
  } catch (const error& e) {
    text = e.what();
  }
  co_return text;
}

/// Waits, turning the loop, until `condition` holds.
template <class Condition>
task<> until(Condition condition) {
  while (!condition()) co_await sleep_for(duration::milliseconds(1));
}

/// "127.0.0.1:80 [::1]:80"
std::string joined(const std::vector<socket_address>& addresses);

std::vector<io::backend_kind> granted_backends();
std::string backend_name(const ::testing::TestParamInfo<io::backend_kind>& info);

}  // namespace rondo::testing
