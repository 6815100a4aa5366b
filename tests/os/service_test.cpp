// Descriptors from a service manager, messages to it, and variables that were meant for others.
#include <rondo/os/service.hpp>

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "support/notify_socket.hpp"

namespace rondo::os {
namespace {

using testing::notify_socket;
using testing::set_variable;

std::string own_number() {
  return std::to_string(getpid());
}

/// Opens something at exactly this number, and puts back what was there.
class at_number {
 public:
  explicit at_number(int number) : number_(number), before_(fcntl(number, F_DUPFD_CLOEXEC, 0)) {
    fd low(open("/dev/null", O_RDONLY | O_CLOEXEC));
    const fd high(fcntl(low.get(), F_DUPFD_CLOEXEC, 100));  // for `low` may be the very number
    dup2(high.get(), number);
    if (low.get() == number) static_cast<void>(low.release());
  }
  at_number(const at_number&) = delete;
  ~at_number() {
    close(number_);
    if (before_) dup2(before_.get(), number_);
  }

 private:
  int number_;
  fd before_;
};

TEST(activated_descriptors, none_without_a_manager) {
  const auto passed = take_activated_descriptors();
  ASSERT_TRUE(passed);
  EXPECT_TRUE(passed->empty());
}

TEST(activated_descriptors, are_taken_once_with_their_names) {
  const at_number three(3);
  const at_number four(4);
  const at_number five(5);
  const set_variable count("LISTEN_FDS", "3");
  const set_variable whose("LISTEN_PID", own_number());
  const set_variable names("LISTEN_FDNAMES", "web::admin");
  auto passed = take_activated_descriptors();
  ASSERT_TRUE(passed);
  ASSERT_EQ(passed->size(), 3u);
  const char* const expected[] = {"web", "unknown", "admin"};
  for (int i = 0; i < 3; ++i) {
    activated_descriptor& each = (*passed)[static_cast<std::size_t>(i)];
    EXPECT_EQ(each.name, expected[i]);
    EXPECT_EQ(each.descriptor.get(), 3 + i);
    EXPECT_EQ(fcntl(3 + i, F_GETFD), FD_CLOEXEC);
    static_cast<void>(each.descriptor.release());  // closed by `at_number`
  }
  EXPECT_EQ(getenv("LISTEN_FDS"), nullptr);
  EXPECT_EQ(getenv("LISTEN_PID"), nullptr);
  EXPECT_EQ(getenv("LISTEN_FDNAMES"), nullptr);
  EXPECT_TRUE(take_activated_descriptors()->empty());
}

TEST(activated_descriptors, of_another_process_are_none) {
  const set_variable count("LISTEN_FDS", "1");
  for (const std::string whose : {"1", "", "x", "12 "}) {
    const set_variable number("LISTEN_PID", whose);
    const auto passed = take_activated_descriptors();
    ASSERT_TRUE(passed);
    EXPECT_TRUE(passed->empty());
  }
}

TEST(activated_descriptors, that_make_no_sense_are_refused) {
  for (const std::string number : {"-1", "many", "99999999999"}) {
    const set_variable count("LISTEN_FDS", number);
    const set_variable whose("LISTEN_PID", own_number());
    const auto passed = take_activated_descriptors();
    EXPECT_FALSE(passed) << number;
    EXPECT_EQ(getenv("LISTEN_FDS"), nullptr);
  }
}

TEST(activated_descriptors, that_are_not_open_are_refused) {
  if (fcntl(3, F_GETFD) >= 0) GTEST_SKIP() << "3 is somebody's";
  const set_variable count("LISTEN_FDS", "1");
  const set_variable whose("LISTEN_PID", own_number());
  const auto passed = take_activated_descriptors();
  ASSERT_FALSE(passed);
  EXPECT_NE(std::string(passed.error().what()).find("LISTEN_FDS"), std::string::npos);
}

TEST(notify, reaches_a_path_and_an_abstract_address) {
  EXPECT_EQ(notify_service_manager("READY=1"), 0) << "nobody asked";
  for (const bool abstract : {false, true}) {
    notify_socket manager(abstract);
    ASSERT_TRUE(manager.is_bound());
    EXPECT_EQ(notify_service_manager("READY=1\nSTATUS=on"), 1);
    EXPECT_EQ(manager.take(), "READY=1\nSTATUS=on");
  }
}

TEST(notify, says_what_is_wrong_with_the_address) {
  for (const std::string address : {"", "@", "x", "relative/path", "vsock:2:1234"}) {
    const set_variable where("NOTIFY_SOCKET", address);
    EXPECT_EQ(notify_service_manager("READY=1"), -EAFNOSUPPORT) << address;
  }
  const set_variable too_long("NOTIFY_SOCKET", "/" + std::string(200, 'x'));
  EXPECT_EQ(notify_service_manager("READY=1"), -EAFNOSUPPORT);
  const set_variable nowhere("NOTIFY_SOCKET", "/nowhere/at/all");
  EXPECT_EQ(notify_service_manager("READY=1"), -ENOENT);
}

TEST(watchdog, is_ours_or_nobodys) {
  EXPECT_EQ(watchdog_limit(), duration());
  const set_variable limit("WATCHDOG_USEC", "3000000");
  EXPECT_EQ(watchdog_limit(), duration::seconds(3));
  {
    const set_variable whose("WATCHDOG_PID", own_number());
    EXPECT_EQ(watchdog_limit(), duration::seconds(3));
  }
  const set_variable whose("WATCHDOG_PID", "1");
  EXPECT_EQ(watchdog_limit(), duration());
}

TEST(watchdog, takes_no_nonsense) {
  for (const std::string text : {"", "0", "-5", "1s", "soon"}) {
    const set_variable limit("WATCHDOG_USEC", text);
    EXPECT_EQ(watchdog_limit(), duration()) << text;
  }
}

}  // namespace
}  // namespace rondo::os
