// The cancellation contract of each await, and what a close or the end of the owner does to it.
#include <csignal>
#include <optional>

#include "process/process_fixture.hpp"
#include "support/cancels_met.hpp"

namespace rondo::testing {
namespace {

class process_cancel_test : public process_test {};
INSTANTIATE_TEST_SUITE_P(backends, process_cancel_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(process_cancel_test, a_wait_leaves_and_throws_again) {
  play([]() -> task<> {
    process p = co_await process::start(process_options("sleep").argument("1000"));
    const auto wait = [&]() -> task<> { static_cast<void>(co_await p.wait()); };
    EXPECT_EQ(co_await cancels_met(wait), 2);
  }());
}

TEST_P(process_cancel_test, nothing_is_started_by_a_line_that_is_cancelled) {
  play([]() -> task<> {
    std::optional<errc> looked;
    auto body = [&](scope& s) -> task<> {
      s.cancel();
      const auto outcome = co_await process::start(process_options("true")).as_result();
      looked = outcome ? errc::ok : outcome.error().code();
      static_cast<void>(co_await process::start(process_options("true")));
      ADD_FAILURE() << "started";
    };
    co_await with_scope(body);
    EXPECT_EQ(looked, errc::cancelled);
  }());
}

/// The news and the cancel come in the same turn: what was granted first is kept.
TEST_P(process_cancel_test, an_end_that_was_heard_of_outlives_a_cancel) {
  play([]() -> task<> {
    process p = co_await process::start(process_options("true"));
    EXPECT_TRUE((co_await p.wait()).success());
    const auto again = co_await within(duration(), p.wait());
    EXPECT_TRUE(again);
  }());
}

/// One line waits, and the owner lets the process go: that kills it, which the other one hears.
TEST_P(process_cancel_test, the_end_of_the_owner_is_news_to_who_waits) {
  play([]() -> task<> {
    std::optional<process> p;
    p.emplace(co_await process::start(process_options("sleep").argument("1000")));
    const auto wait = [&]() -> task<std::string> {
      const exit_status s = co_await p->wait();
      co_return s.to_string();
    };
    const auto let_go = [&]() -> task<> {
      co_await yield_now();
      p.reset();
    };
    const auto [heard, none] = co_await when_all(wait(), let_go());
    EXPECT_EQ(heard, "killed by SIGKILL");
    static_cast<void>(none);
    const auto nobody = co_await process().wait().as_result();
    EXPECT_EQ(nobody.error().code(), errc::closed);
  }());
}

}  // namespace
}  // namespace rondo::testing
