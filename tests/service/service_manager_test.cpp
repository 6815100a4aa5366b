// What a service manager hears, and that it hears nothing from a loop that does not turn.
#include <rondo/service/service_manager.hpp>

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/io/candidates.hpp>

#include "support/notify_socket.hpp"

namespace rondo::testing {
namespace {

using ::testing::MatchesRegex;

std::vector<io::backend_kind> granted() {
  std::vector<io::backend_kind> kinds;
  for (const io::candidate& c : io::candidates()) {
    if (c.granted) kinds.push_back(c.kind);
  }
  return kinds;
}

class service_manager_test : public ::testing::TestWithParam<io::backend_kind> {
 protected:
  static loop_options options() {
    loop_options chosen;
    chosen.backend = std::move(*io::make_backend(GetParam()));
    return chosen;
  }
  loop l{options()};
};

INSTANTIATE_TEST_SUITE_P(backends, service_manager_test, ::testing::ValuesIn(granted()),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST_P(service_manager_test, hears_how_the_program_is) {
  notify_socket manager(true);
  service_manager to(l);
  EXPECT_TRUE(to.ready());
  EXPECT_EQ(manager.take(), "READY=1");
  EXPECT_TRUE(to.ready("serving"));
  EXPECT_EQ(manager.take(), "READY=1\nSTATUS=serving");
  EXPECT_TRUE(to.reloading("new\nlines are none"));
  EXPECT_THAT(manager.take(), MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+\nSTATUS=new"));
  EXPECT_TRUE(to.status("one\ntwo"));
  EXPECT_EQ(manager.take(), "STATUS=one");
  EXPECT_TRUE(to.main_process(4711));
  EXPECT_EQ(manager.take(), "MAINPID=4711");
  EXPECT_TRUE(to.stopping(duration::seconds(2), "bye"));
  EXPECT_EQ(manager.take(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=2000000\nSTATUS=bye");
  EXPECT_TRUE(to.stopping(duration::max()));
  EXPECT_EQ(manager.take(), "STOPPING=1");
}

TEST_P(service_manager_test, is_not_missed) {
  service_manager nobody(l);
  EXPECT_FALSE(nobody.ready());
  EXPECT_FALSE(nobody.status("on"));
}

TEST_P(service_manager_test, hears_signs_of_life_while_the_loop_turns) {
  notify_socket manager(true);
  const set_variable limit("WATCHDOG_USEC", "4000");
  int heard = 0;
  auto listen = [](notify_socket& at, int& count) -> task<> {
    while (count < 5) {
      co_await sleep_for(duration::milliseconds(1));
      const std::string message = at.take();
      if (message.empty()) continue;
      EXPECT_EQ(message, "WATCHDOG=1");
      ++count;
    }
  };
  {
    service_manager to(l);
    EXPECT_FALSE(l.is_alive()) << "signs of life keep nothing alive";
    run(l, listen(manager, heard));
  }
  l.run();
  static_cast<void>(manager.take());  // one may have been on its way
  EXPECT_EQ(manager.take(), "");
}

TEST_P(service_manager_test, hears_that_the_end_has_begun) {
  notify_socket manager(true);
  graceful_shutdown ending(l);
  service_manager to(l);
  to.take_part_in(ending, duration::seconds(3));
  EXPECT_EQ(manager.take(), "");
  ending.begin("SIGTERM");
  run(l, ending.wait_begun());
  EXPECT_EQ(manager.take(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=3000000");
}

}  // namespace
}  // namespace rondo::testing
