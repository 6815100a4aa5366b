#include "rondo/os/socket.hpp"

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "rondo/os/clock.hpp"
#include "rondo/os/errors.hpp"
#include "rondo/os/fd.hpp"

namespace {

using rondo::duration;
using rondo::socket_address;
namespace os = rondo::os;

os::fd listen_on(std::string_view address) {
  const socket_address where = socket_address::parse(address).value();
  os::fd listener(os::open_tcp_socket(where.is_v6(), true));
  EXPECT_TRUE(listener);
  EXPECT_EQ(os::bind(listener.get(), where), 0);
  EXPECT_EQ(os::listen(listener.get(), 16), 0);
  return listener;
}

struct connection {
  os::fd client;
  os::fd server;
};

connection connect_to(const os::fd& listener) {
  socket_address where;
  EXPECT_EQ(os::local_address(listener.get(), where), 0);
  connection c;
  c.client = os::fd(os::open_tcp_socket(where.is_v6(), false));
  EXPECT_EQ(os::connect(c.client.get(), where.data(), where.size()), 0);
  EXPECT_EQ(os::poll_one(listener.get(), true, false, duration::seconds(10)), 1);
  c.server = os::fd(os::accept(listener.get(), true));
  EXPECT_TRUE(c.server);
  return c;
}

bool is_nonblocking(const os::fd& f) {
  return (::fcntl(f.get(), F_GETFL) & O_NONBLOCK) != 0;
}

class socket_families : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(tcp, socket_families, ::testing::Values("127.0.0.1:0", "[::1]:0"));

TEST_P(socket_families, connects_and_exchanges_bytes) {
  const os::fd listener = listen_on(GetParam());
  const connection c = connect_to(listener);
  socket_address ours;
  socket_address theirs;
  ASSERT_EQ(os::local_address(c.client.get(), ours), 0);
  ASSERT_EQ(os::remote_address(c.server.get(), theirs), 0);
  EXPECT_EQ(ours, theirs);
  EXPECT_NE(ours.port(), 0);

  char buffer[16];
  EXPECT_EQ(os::receive(c.client.get(), buffer, sizeof buffer), os::would_block);
  EXPECT_EQ(os::send(c.client.get(), "hello", 5), 5);
  ASSERT_EQ(os::poll_one(c.server.get(), true, false, duration::max()), 1);
  ASSERT_EQ(os::receive(c.server.get(), buffer, sizeof buffer), 5);
  EXPECT_EQ(std::string_view(buffer, 5), "hello");

  EXPECT_EQ(os::shutdown(c.client.get(), os::direction::write), 0);
  ASSERT_EQ(os::poll_one(c.server.get(), true, false, duration::max()), 1);
  EXPECT_EQ(os::receive(c.server.get(), buffer, sizeof buffer), 0) << "the end";
}

TEST(socket, is_made_as_asked_for) {
  const os::fd blocking(os::open_tcp_socket(false, false));
  const os::fd nonblocking(os::open_tcp_socket(false, true));
  EXPECT_FALSE(is_nonblocking(blocking));
  EXPECT_TRUE(is_nonblocking(nonblocking));
  EXPECT_NE(::fcntl(blocking.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(os::set_nonblocking(blocking.get(), true), 0);
  EXPECT_TRUE(is_nonblocking(blocking));
  EXPECT_EQ(os::set_nonblocking(blocking.get(), false), 0);
  EXPECT_FALSE(is_nonblocking(blocking));
}

TEST(socket, accepted_is_made_as_asked_for) {
  const os::fd listener = listen_on("127.0.0.1:0");
  const connection c = connect_to(listener);
  EXPECT_TRUE(is_nonblocking(c.server));
  EXPECT_NE(::fcntl(c.server.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(os::accept(listener.get(), true), os::would_block);
}

TEST(socket, says_why_it_could_not) {
  socket_address where;
  {
    const os::fd listener = listen_on("127.0.0.1:0");
    ASSERT_EQ(os::local_address(listener.get(), where), 0);
    const os::fd second(os::open_tcp_socket(false, true));
    EXPECT_EQ(os::bind(second.get(), where), -EADDRINUSE);
  }
  const os::fd client(os::open_tcp_socket(false, true));
  const int begun = os::connect(client.get(), where.data(), where.size());
  if (begun == os::in_progress) {
    EXPECT_EQ(os::poll_one(client.get(), false, true, duration::max()) & 2, 2);
    EXPECT_EQ(os::pending_error(client.get()), -ECONNREFUSED);
    EXPECT_EQ(os::pending_error(client.get()), 0) << "asking clears it";
  } else {
    EXPECT_EQ(begun, -ECONNREFUSED);
  }
  EXPECT_EQ(os::send(-1, "x", 1), os::bad_descriptor);
  EXPECT_EQ(os::remote_address(client.get(), where), -ENOTCONN);
  EXPECT_EQ(where, socket_address());
}

TEST(socket, writing_to_the_dead_raises_no_signal) {
  const os::fd listener = listen_on("127.0.0.1:0");
  connection c = connect_to(listener);
  ASSERT_EQ(os::shutdown(c.server.get(), os::direction::both), 0);
  EXPECT_EQ(os::send(c.server.get(), "x", 1), -EPIPE);
  const rondo::const_buffer piece("x", 1);
  EXPECT_EQ(os::send_vector(c.server.get(), &piece, 1), -EPIPE);
}

TEST(socket, sends_pieces_and_no_more_than_the_kernel_takes) {
  const os::fd listener = listen_on("127.0.0.1:0");
  const connection c = connect_to(listener);
  const std::vector<rondo::const_buffer> pieces(IOV_MAX + 10, rondo::const_buffer("ab", 2));
  EXPECT_EQ(os::send_vector(c.client.get(), pieces.data(), 3), 6);
  EXPECT_EQ(os::send_vector(c.client.get(), pieces.data(), pieces.size()), 2 * IOV_MAX);
  std::string received;
  std::array<char, 512> buffer;
  while (received.size() < 6 + 2 * IOV_MAX) {
    ASSERT_EQ(os::poll_one(c.server.get(), true, false, duration::max()), 1);
    const int got = os::receive(c.server.get(), buffer.data(), buffer.size());
    ASSERT_GT(got, 0);
    received.append(buffer.data(), static_cast<std::size_t>(got));
  }
  EXPECT_EQ(received.find("aa"), std::string::npos);
  EXPECT_EQ(received.size(), 6U + 2 * IOV_MAX);
}

TEST(socket, send_never_waits) {
  const os::fd listener = listen_on("127.0.0.1:0");
  const connection c = connect_to(listener);
  ASSERT_FALSE(is_nonblocking(c.client));
  const std::string much(1 << 20, 'x');
  int sent = 0;
  for (int i = 0; i < 1'000 && sent >= 0; ++i) {
    sent = os::send(c.client.get(), much.data(), much.size());
  }
  EXPECT_EQ(sent, os::would_block);
}

TEST(socket, options_go_in_and_come_out) {
  const os::fd v4(os::open_tcp_socket(false, true));
  const os::fd v6(os::open_tcp_socket(true, true));
  for (const os::option which : {os::option::no_delay, os::option::reuse_address,
                                 os::option::reuse_port, os::option::keep_alive}) {
    int value = -1;
    EXPECT_EQ(os::set_option(v4.get(), which, 1), 0);
    EXPECT_EQ(os::get_option(v4.get(), which, value), 0);
    EXPECT_EQ(value, 1);
    EXPECT_EQ(os::set_option(v4.get(), which, 0), 0);
    EXPECT_EQ(os::get_option(v4.get(), which, value), 0);
    EXPECT_EQ(value, 0);
  }
  int value = -1;
  EXPECT_EQ(os::set_option(v6.get(), os::option::v6_only, 1), 0);
  EXPECT_EQ(os::get_option(v6.get(), os::option::v6_only, value), 0);
  EXPECT_EQ(value, 1);
  for (const os::option which : {os::option::send_buffer, os::option::receive_buffer}) {
    EXPECT_EQ(os::set_option(v4.get(), which, 16'384), 0);
    EXPECT_EQ(os::get_option(v4.get(), which, value), 0);
    EXPECT_EQ(value, 2 * 16'384) << "socket(7): the kernel doubles it";
  }
  for (const int seconds : {5, 0, -1}) {
    EXPECT_EQ(os::set_option(v4.get(), os::option::linger_seconds, seconds), 0);
    EXPECT_EQ(os::get_option(v4.get(), os::option::linger_seconds, value), 0);
    EXPECT_EQ(value, seconds) << "-1: off";
  }
  EXPECT_EQ(os::get_option(-1, os::option::no_delay, value), os::bad_descriptor);
}

TEST(socket, addresses_of_other_families_are_refused) {
  int pair[2] = {-1, -1};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
  const os::fd one(pair[0]);
  const os::fd other(pair[1]);
  socket_address address = socket_address::parse("1.2.3.4:5").value();
  EXPECT_EQ(os::local_address(one.get(), address), -EAFNOSUPPORT);
  EXPECT_EQ(address, socket_address());
  EXPECT_EQ(os::remote_address(one.get(), address), -EAFNOSUPPORT);
}

TEST(poll_one, tells_directions_apart) {
  const os::fd listener = listen_on("127.0.0.1:0");
  connection c = connect_to(listener);
  EXPECT_EQ(os::poll_one(c.client.get(), true, true, duration()), 2);
  EXPECT_EQ(os::poll_one(c.client.get(), true, false, duration()), 0);
  ASSERT_EQ(os::send(c.server.get(), "x", 1), 1);
  EXPECT_EQ(os::poll_one(c.client.get(), true, false, duration::max()), 1);
  EXPECT_EQ(os::poll_one(c.client.get(), true, true, duration::max()), 3);
}

TEST(poll_one, ends_at_its_timeout) {
  const os::fd listener = listen_on("127.0.0.1:0");
  const rondo::instant begin = rondo::real_clock().now();
  EXPECT_EQ(os::poll_one(listener.get(), true, false, duration::milliseconds(2)), 0);
  EXPECT_GE(rondo::real_clock().now() - begin, duration::milliseconds(2));
  EXPECT_EQ(os::poll_one(listener.get(), true, false, duration::seconds(-5)), 0)
      << "negative is no waiting, not for ever";
}

// Timeouts beyond poll's int of milliseconds must neither wrap round to nothing nor overflow.
TEST(poll_one, takes_long_timeouts) {
  const os::fd listener = listen_on("127.0.0.1:0");
  socket_address where;
  ASSERT_EQ(os::local_address(listener.get(), where), 0);
  for (const duration timeout : {duration::milliseconds(std::int64_t{1} << 32),
                                 duration::max() - duration::nanoseconds(1)}) {
    std::thread later([&] {
      const os::fd client(os::open_tcp_socket(false, false));
      EXPECT_EQ(os::connect(client.get(), where.data(), where.size()), 0);
    });
    EXPECT_EQ(os::poll_one(listener.get(), true, false, timeout), 1);
    later.join();
    const os::fd accepted(os::accept(listener.get(), true));
    EXPECT_TRUE(accepted);
  }
}

TEST(poll_one, interruptions_do_not_prolong_it) {
  struct sigaction ignore_it = {};
  struct sigaction before = {};
  ignore_it.sa_handler = [](int) {};  // without SA_RESTART, which poll disregards anyway
  ASSERT_EQ(::sigaction(SIGUSR1, &ignore_it, &before), 0);
  const os::fd listener = listen_on("127.0.0.1:0");
  std::atomic<bool> done{false};
  const pthread_t waiter = pthread_self();
  std::thread disturber([&] {
    while (!done.load()) {
      pthread_kill(waiter, SIGUSR1);
      os::poll_one(-1, false, false, duration::milliseconds(1));  // paces the signals
    }
  });
  EXPECT_EQ(os::poll_one(listener.get(), true, false, duration::milliseconds(20)), 0);
  done = true;
  disturber.join();
  ASSERT_EQ(::sigaction(SIGUSR1, &before, nullptr), 0);
}

}  // namespace
