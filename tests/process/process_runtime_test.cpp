// Processes of tasks that go from thread to thread: started by one, fed, heard and awaited by
// whichever is free.
#include <atomic>

#include <rondo/runtime/runtime.hpp>

#include "process/process_fixture.hpp"

namespace rondo::testing {
namespace {

class process_runtime_test : public ::testing::TestWithParam<io::backend_kind> {};
INSTANTIATE_TEST_SUITE_P(backends, process_runtime_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

/// Waits often, and so is often taken over by another worker.
task<> conversation(std::atomic<int>& ended) {
  process cat = co_await process::start(
      process_options("cat").standard_input(stdio::pipe()).standard_output(stdio::pipe()));
  std::array<std::byte, 16> answer;
  for (int i = 0; i < 10; ++i) {
    co_await cat.standard_input().write_all("hello");
    const std::size_t count = co_await cat.standard_output().read(answer);
    EXPECT_EQ(count, 5U);
    co_await yield_now();
  }
  cat.standard_input().close();
  const exit_status s = co_await cat.wait();
  if (s.success()) ended.fetch_add(1);
}

/// Ends with a process that nobody has waited for.
task<> neglect() {
  const process left = co_await process::start(process_options("sleep").argument("1000"));
  co_await yield_now();
}

TEST_P(process_runtime_test, wander_with_their_tasks) {
  std::atomic<int> ended = 0;
  auto main = [](std::atomic<int>& ended) -> task<> {
    auto body = [&ended](parallel_scope& all) -> task<> {
      for (int i = 0; i < 30; ++i) {
        all.spawn(conversation(ended));
        all.spawn(neglect());
      }
      co_return;
    };
    co_await with_timeout(net_test::watchdog, as_task(with_parallel_scope(std::move(body))));
  };
  runtime_options options = multi_thread(3);
  options.backend = GetParam();
  run(main(ended), options);
  EXPECT_EQ(ended, 30);
}

}  // namespace
}  // namespace rondo::testing
