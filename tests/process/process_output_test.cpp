// Programs run to their end, and what they wrote.
#include "process/process_fixture.hpp"

namespace rondo::testing {
namespace {

class process_output_test : public process_test {};
INSTANTIATE_TEST_SUITE_P(backends, process_output_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(process_output_test, collects_both_streams_and_the_end) {
  play([]() -> task<> {
    const process_output got =
        co_await process::output(script("echo out; echo err >&2; cat; exit 2"));
    EXPECT_EQ(got.standard_output, "out\n");
    EXPECT_EQ(got.standard_error, "err\n");
    EXPECT_EQ(got.status.code(), 2);  // no failure of ours
    const process_output merged = co_await process::output(
        script("echo out; echo err >&2").standard_error(stdio::standard_output()));
    EXPECT_EQ(merged.standard_output, "out\nerr\n");
    EXPECT_EQ(merged.standard_error, "");
    const process_output deaf =
        co_await process::output(script("echo err >&2").standard_error(stdio::null()));
    EXPECT_EQ(deaf.standard_error, "");
  }());
}

TEST_P(process_output_test, feeds_it_while_it_collects) {
  play([]() -> task<> {
    const output_options fed(numbered_text(2'000'000));
    const process_output got = co_await process::output(process_options("cat"), fed);
    EXPECT_EQ(got.standard_output, fed.input);
    // A program that fills its error stream first, and reads nothing at all.
    const process_output rude = co_await process::output(
        script("dd if=/dev/zero bs=1000 count=500 >&2 2>/dev/null; echo done"), fed);
    EXPECT_EQ(rude.standard_error.size(), 500'000U);
    EXPECT_EQ(rude.standard_output, "done\n");
  }());
}

TEST_P(process_output_test, takes_no_more_than_its_limit) {
  play([]() -> task<> {
    const output_options little("", 10'000);
    const auto all = [](const output_options& limits) -> task<> {
      static_cast<void>(co_await process::output(process_options("yes"), limits));
    };
    const errc code = co_await thrown_by(all(little));
    EXPECT_EQ(code, errc::message_too_long);
    const process_output fits =
        co_await process::output(script("dd if=/dev/zero bs=10000 count=1 2>/dev/null"), little);
    EXPECT_EQ(fits.standard_output.size(), 10'000U);
  }());
}

TEST_P(process_output_test, leaves_nothing_behind_where_it_is_cancelled) {
  play([]() -> task<> {
    const auto endless = []() -> task<> {
      static_cast<void>(co_await process::output(script("echo on the way; exec sleep 1000")));
    };
    // The watch for children finds what is left.
    for (const int ms : {0, 1, 2, 5, 20}) {
      const errc code = co_await thrown_by(limited(duration::milliseconds(ms), endless()));
      EXPECT_EQ(code, errc::timed_out);
    }
  }());
}

}  // namespace
}  // namespace rondo::testing
