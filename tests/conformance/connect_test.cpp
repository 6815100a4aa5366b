// Connections: asked for, taken, refused, and what they inherit.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>

#include "conformance/driver.hpp"

#include <rondo/os/errors.hpp>

namespace rondo::conformance {
namespace {

class connecting : public conformance {
 protected:
  void TearDown() override {
    d.until([&] { return io.closing() == 0; }, "the closes");
    conformance::TearDown();
  }

  int open_socket(bool v6 = false) { return os::open_tcp_socket(v6, io.wants_nonblocking()); }
};

/// Lowers the limit so that only `left` further descriptors can be had, until it goes.
class few_descriptors {
 public:
  explicit few_descriptors(int left) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const os::fd lowest_free(dup(0));
    rlimit lowered = before_;
    lowered.rlim_cur = static_cast<rlim_t>(lowest_free.get() + left);
    setrlimit(RLIMIT_NOFILE, &lowered);
  }
  ~few_descriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

  /// Takes those that are left, until it goes.
  void use_up() {
    for (int taken = dup(0); taken >= 0; taken = dup(0)) taken_.emplace_back(taken);
  }

 private:
  rlimit before_ = {};
  std::vector<os::fd> taken_;
};

TEST_P(connecting, both_sides_in_one_backend_talk) {
  for (const bool v6 : {false, true}) {
    SCOPED_TRACE(v6 ? "IPv6" : "IPv4");
    os::fd listener = listen_on_loopback(io, v6);
    const int client = open_socket(v6);
    asked_op& accepted = d.start(io::op_kind::accept, listener.get());
    EXPECT_EQ(d.finish(d.connect(client, address_of(listener.get()))), 0);
    const int server = d.finish(accepted);
    ASSERT_GE(server, 0);
    EXPECT_EQ(d.finish(d.send(client, "question")), 8);
    EXPECT_EQ(d.read_exactly(server, 8), "question");
    EXPECT_EQ(d.finish(d.send(server, "answer")), 6);
    EXPECT_EQ(d.read_exactly(client, 6), "answer");
    socket_address remote;
    EXPECT_EQ(os::remote_address(server, remote), 0);
    EXPECT_EQ(remote, address_of(client));
    io.close(client);
    io.close(server);
    io.close(listener.release());
  }
}

TEST_P(connecting, accepts_all_that_wait_and_then_waits) {
  os::fd listener = listen_on_loopback(io);
  std::vector<os::fd> peers;
  for (int i = 0; i < 20; ++i) peers.push_back(connect_peer(address_of(listener.get())));
  std::set<int> taken;
  for (int i = 0; i < 20; ++i) {
    const int fd = d.finish(d.start(io::op_kind::accept, listener.get()));
    ASSERT_GE(fd, 0);
    EXPECT_TRUE(taken.insert(fd).second);
  }
  asked_op& waiting = d.start(io::op_kind::accept, listener.get());
  d.settle();
  EXPECT_FALSE(waiting.finished());
  peers.push_back(connect_peer(address_of(listener.get())));
  taken.insert(d.finish(waiting));
  EXPECT_EQ(taken.size(), 21u);
  for (const int fd : taken) io.close(fd);
  io.close(listener.release());
}

TEST_P(connecting, several_accepts_at_once_each_get_one) {
  os::fd listener = listen_on_loopback(io);
  std::vector<asked_op*> accepts;
  for (int i = 0; i < 8; ++i) accepts.push_back(&d.start(io::op_kind::accept, listener.get()));
  d.settle();
  std::vector<os::fd> peers;
  for (int i = 0; i < 8; ++i) peers.push_back(connect_peer(address_of(listener.get())));
  for (asked_op* accept : accepts) {
    ASSERT_GE(d.finish(*accept), 0);
    io.close(accept->result);
  }
  io.close(listener.release());
}

TEST_P(connecting, descriptors_are_as_the_backend_wants_them) {
  os::fd listener = listen_on_loopback(io);
  const os::fd peer = connect_peer(address_of(listener.get()));
  const int fd = d.finish(d.start(io::op_kind::accept, listener.get()));
  ASSERT_GE(fd, 0);
  EXPECT_NE(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0, io.wants_nonblocking());
  io.close(fd);
  io.close(listener.release());
}

TEST_P(connecting, refused_where_nobody_listens) {
  const os::fd bound(open_socket());
  ASSERT_EQ(os::bind(bound.get(), *socket_address::from_host("127.0.0.1", 0)), 0);
  for (int i = 0; i < 3; ++i) {
    const int client = open_socket();
    EXPECT_EQ(d.finish(d.connect(client, address_of(bound.get()))), -ECONNREFUSED);
    io.close(client);
  }
}

TEST_P(connecting, a_cancelled_connect_can_be_closed_and_the_number_used_again) {
  os::fd full = listen_on_loopback(io, false, 0);
  const os::fd first = connect_peer(address_of(full.get()));
  os::fd open = listen_on_loopback(io);
  for (int i = 0; i < 20; ++i) {
    const int client = open_socket();
    asked_op& unanswered = d.connect(client, address_of(full.get()));
    if (i % 2 == 0) d.settle();
    EXPECT_FALSE(unanswered.finished());
    io.cancel(unanswered);
    EXPECT_EQ(d.finish(unanswered), os::cancelled);
    io.close(client);
    d.until([&] { return io.closing() == 0; }, "the close");
    const int again = open_socket();
    EXPECT_EQ(d.finish(d.connect(again, address_of(open.get()))), 0);
    const int server = d.finish(d.start(io::op_kind::accept, open.get()));
    EXPECT_EQ(d.finish(d.send(again, "ok")), 2);
    EXPECT_EQ(d.read_exactly(server, 2), "ok");
    io.close(server);
    io.close(again);
  }
  io.close(open.release());
}

TEST_P(connecting, a_send_behind_a_connect_waits_its_turn) {
  os::fd listener = listen_on_loopback(io);
  const int client = open_socket();
  asked_op& connect = d.connect(client, address_of(listener.get()));
  if (d.finish(connect) != 0) FAIL() << connect.result;
  asked_op& first = d.send(client, "first ");
  asked_op& second = d.send(client, "second");
  EXPECT_EQ(d.finish(second), 6);
  EXPECT_TRUE(first.finished());
  const int server = d.finish(d.start(io::op_kind::accept, listener.get()));
  EXPECT_EQ(d.read_exactly(server, 12), "first second");
  io.close(server);
  io.close(client);
  io.close(listener.release());
}

TEST_P(connecting, accept_tells_that_descriptors_ran_out_and_recovers) {
  os::fd listener = listen_on_loopback(io);
  std::vector<os::fd> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(connect_peer(address_of(listener.get())));
  {
    const few_descriptors none(0);
    for (int i = 0; i < 3; ++i) {
      const int refused = d.finish(d.start(io::op_kind::accept, listener.get()));
      EXPECT_EQ(refused, -EMFILE);
      EXPECT_TRUE(os::is_exhaustion(refused));
    }
  }
  for (int i = 0; i < 3; ++i) {
    const int taken = d.finish(d.start(io::op_kind::accept, listener.get()));
    ASSERT_GE(taken, 0);
    io.close(taken);
  }
  io.close(listener.release());
}

TEST_P(connecting, a_waiting_accept_survives_that_descriptors_run_out) {
  os::fd listener = listen_on_loopback(io);
  const os::fd peer(os::open_tcp_socket(false, false));
  {
    // The limit comes first: io_uring notes it when an accept is submitted, not when one is taken.
    few_descriptors few(5);
    asked_op& accept = d.start(io::op_kind::accept, listener.get());
    d.settle();
    few.use_up();
    const socket_address address = address_of(listener.get());
    ASSERT_EQ(os::connect(peer.get(), address.data(), address.size()), 0);
    EXPECT_EQ(d.finish(accept), -EMFILE);
  }
  const int taken = d.finish(d.start(io::op_kind::accept, listener.get()));
  ASSERT_GE(taken, 0);
  io.close(taken);
  io.close(listener.release());
}

/// What a program started by this one finds open, by its shell.
std::string inherited_descriptors() {
  FILE* const shell = popen("exec 9>&-; echo /proc/self/fd/*", "re");
  if (shell == nullptr) return "popen failed";
  char line[4096] = {};
  const char* const read = fgets(line, sizeof line, shell);
  pclose(shell);
  return read == nullptr ? "nothing read" : line;
}

TEST_P(connecting, a_program_that_is_started_inherits_nothing) {
  const std::string before = inherited_descriptors();
  driver second(GetParam());
  os::fd listener = listen_on_loopback(io);
  const os::fd peer = connect_peer(address_of(listener.get()));
  const int taken = d.finish(d.start(io::op_kind::accept, listener.get()));
  asked_op& read = d.receive_some(taken);
  d.settle();
  EXPECT_EQ(inherited_descriptors(), before);
  EXPECT_FALSE(read.finished());
  io.close(taken);
  EXPECT_EQ(d.finish(read), os::cancelled);
  io.close(listener.release());
}

TEST_P(connecting, an_impossible_descriptor_is_an_error_and_no_more) {
  EXPECT_EQ(d.finish(d.receive(-1, 10)), -EBADF);
  const int closed = dup(0);
  ::close(closed);
  EXPECT_EQ(d.finish(d.receive(closed, 10)), -EBADF);
  EXPECT_EQ(d.finish(d.send(closed, "x")), -EBADF);
  EXPECT_EQ(d.finish(d.start(io::op_kind::accept, closed)), -EBADF);
  EXPECT_LT(d.finish(d.receive_some(closed)), 0);
  const os::fd file(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(d.finish(d.receive(file.get(), 10)), -ENOTSOCK);
}

INSTANTIATE_TEST_SUITE_P(on, connecting, ::testing::ValuesIn(granted_backends()), backend_name);

}  // namespace
}  // namespace rondo::conformance
