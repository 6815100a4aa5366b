// A stream that always has bytes can't keep the rest from running: reads that end at once are
// counted between two turns of the loop, with the default allowance and with one that is never used
// up.
#include <algorithm>
#include <array>
#include <limits>

#include "net/net_fixture.hpp"

namespace rondo::testing {
namespace {

constexpr int bytes_sent = 4000;  // fits into any socket's buffer

class net_fairness_test : public ::testing::TestWithParam<io::backend_kind> {
 protected:
  /// Reads byte by byte what has been sent before; how many at most between two turns.
  int longest_run_of_reads(int allowance) {
    loop_options options;
    options.backend = std::move(*io::make_backend(GetParam()));
    options.task_allowance = allowance;
    loop l(std::move(options));
    int longest = 0;
    int since_turn = 0;
    const handle_id every_turn = l.add_prepare([&] { since_turn = 0; });
    l.unref(every_turn);
    const auto main = [&]() -> task<> {
      tcp_listener listener = co_await tcp_listener::bind("127.0.0.1:0");
      auto accepting = as_task(listener.accept());
      auto connecting = as_task(tcp_stream::connect(*listener.local_address()));
      auto both = co_await when_all(std::move(accepting), std::move(connecting));
      tcp_stream& near = std::get<0>(both);
      tcp_stream& far = std::get<1>(both);
      const std::string all(bytes_sent, 'x');
      co_await far.write_all(std::as_bytes(std::span(all)));
      std::array<std::byte, 1> one;
      for (int i = 0; i < bytes_sent; ++i) {
        const std::size_t got = co_await near.read(one);
        EXPECT_EQ(got, 1U);
        longest = std::max(longest, ++since_turn);
      }
    };
    run(l, main());
    l.clear(every_turn);
    return longest;
  }
};
INSTANTIATE_TEST_SUITE_P(backends, net_fairness_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(net_fairness_test, of_a_stream_that_always_has_bytes) {
  // One allowance for the callback in the poll phase, one for the line that was put off.
  EXPECT_LE(longest_run_of_reads(64), 2 * 64);
  // The contrast, where reads end at once at all: io_uring hands out every completion in a turn.
  if (GetParam() != io::backend_kind::uring) {
    EXPECT_GT(longest_run_of_reads(std::numeric_limits<int>::max()), bytes_sent / 2);
  }
}

}  // namespace
}  // namespace rondo::testing
