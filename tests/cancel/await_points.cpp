// The points of a turn are the prepare hooks, before the poll, and the check hooks, after it:
// between the two, every line of execution that could be resumed has been.
#include "cancel/await_points.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/base/error.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/task/frame_pool.hpp>
#include <rondo/task/scope.hpp>

namespace rondo::testing {

namespace {

using namespace std::chrono_literals;

constexpr int too_many_points = 2000;
constexpr duration limit = duration::seconds(3600);

/// Real time, which a test can put forward.
class hasty_clock final : public clock {
 public:
  instant now() noexcept override { return real_clock().now() + ahead_; }
  std::int64_t unix_second() noexcept override { return real_clock().unix_second(); }
  void put_forward(duration d) noexcept { ahead_ = ahead_ + d; }

 private:
  duration ahead_;
};

task<> cancelled_by(scope*& around, task<> program) {
  co_await with_scope([&](scope& s) -> task<> {
    around = &s;
    co_await std::move(program);
  });
  around = nullptr;
}

task<> limited(task<> program) {
  try {
    co_await with_timeout(limit, std::move(program));
  } catch (const error& e) {
    if (e.code() != errc::timed_out) throw;
  }
}

/// True where it was ended at point number `at`, false where it had come to its end before.
bool ended_at(int at, io::backend_kind backend, ended_by how, task<> (*program)()) {
  const long frames = frame_pool::live_blocks();
  hasty_clock time;
  loop_options options;
  options.backend = std::move(*io::make_backend(backend));
  options.time = &time;
  bool reached = false;
  {
    loop l(std::move(options));
    int point = 0;
    scope* around = nullptr;
    const auto pass = [&] {
      if (point++ != at) return;
      reached = true;
      if (how == ended_by::deadline) return time.put_forward(limit + 1s);
      if (around != nullptr) around->cancel("a test ends it here");
    };
    const handle_id before = l.add_prepare(pass);
    const handle_id after = l.add_check(pass);
    l.unref(before);
    l.unref(after);
    run(l, how == ended_by::cancel ? cancelled_by(around, program()) : limited(program()));
    l.clear(before);
    l.clear(after);
    l.run(run_mode::nowait);  // the hooks go
    for (const holder& h : l.holders()) ADD_FAILURE() << "left behind: " << h.kind;
  }
  EXPECT_EQ(frame_pool::live_blocks(), frames);
  return reached;
}

}  // namespace

int end_at_each_await(io::backend_kind backend, ended_by how, task<> (*program)()) {
  int at = 0;
  for (; at < too_many_points; ++at) {
    SCOPED_TRACE("at point " + std::to_string(at));
    if (!ended_at(at, backend, how, program)) break;
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_LT(at, too_many_points) << "the program does not end";
  return at;
}

}  // namespace rondo::testing
