#pragma once

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/net/tcp_stream.hpp>
#include <rondo/os/socket.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/when_all.hpp>

namespace rondo::testing {

/// Two ends of one connection, both on the loop.
struct both_ends {
  tcp_stream near;
  tcp_stream far;
};

/// Every test runs on every backend that this machine grants, and fails instead of hanging.
class net_test : public ::testing::TestWithParam<io::backend_kind> {
 public:
  static constexpr duration watchdog = duration::seconds(60);

  /// Runs a test that is a coroutine.
  void play(task<> what) { run(l, guarded(std::move(what))); }

  task<both_ends> connected(std::string_view address = "127.0.0.1:0");

  loop l{options()};

 private:
  static loop_options options();
  static task<> guarded(task<> what) { co_await with_timeout(watchdog, std::move(what)); }
};

/// The code of what `work` throws; `errc::ok` where it throws nothing.
template <class T>
task<errc> thrown_by(task<T> work) {
  errc code = errc::ok;
  try {
    co_await std::move(work);
  } catch (const error& e) {
    code = e.code();
  } catch (const cancelled&) {
    code = errc::cancelled;
  }
  co_return code;
}

/// `with_timeout` as a task.
template <class T>
task<T> limited(duration limit, task<T> work) {
  co_return co_await with_timeout(limit, std::move(work));
}

/// Waits, turning the loop, until `condition` holds. The watchdog of `play` ends it otherwise.
template <class Condition>
task<> until(Condition condition) {
  while (!condition()) co_await sleep_for(duration::milliseconds(1));
}

std::span<const std::byte> bytes_of(std::string_view text);
/// Text whose every place is told apart: a byte that is lost, doubled or moved is found.
std::string numbered_text(std::size_t size);
/// Reads with read_some until the stream ends.
task<std::string> read_to_end(stream_socket& from);
task<std::string> read_string(stream_socket& from, std::size_t size);
/// Sends a reset instead of an end.
void reset(tcp_stream& s);

std::vector<io::backend_kind> granted_backends();
std::string backend_name(const ::testing::TestParamInfo<io::backend_kind>& info);

}  // namespace rondo::testing
