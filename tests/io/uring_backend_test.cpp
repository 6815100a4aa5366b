// What is io_uring's own: being denied, the limits of its rings and buffers, threads, O_NONBLOCK.
// What it shares with the others is in tests/conformance.
#include "io/uring_backend.hpp"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rondo/os/clock.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/socket.hpp>

namespace rondo::io {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr duration watchdog = duration::seconds(20);

/// Makes io_uring_setup fail with `number` in this process, for good.
bool deny_uring(int number) {
  const auto refusal = SECCOMP_RET_ERRNO | static_cast<unsigned>(number);
  sock_filter rules[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, __NR_io_uring_setup},
      {BPF_RET | BPF_K, 0, 0, refusal},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  sock_fprog program = {.len = std::size(rules), .filter = rules};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// What `f` returns in a forked child in which io_uring_setup fails with `number`.
std::string where_denied(int number, std::string (*f)()) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return "no pipe";
  os::fd in(ends[0]);
  os::fd out(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string text = deny_uring(number) ? f() : "no filter";
    const bool written = ::write(out.get(), text.data(), text.size()) >= 0;
    ::_exit(written ? 0 : 1);
  }
  out.reset();
  std::string text;
  std::array<char, 512> piece;
  for (ssize_t got = 0; (got = ::read(in.get(), piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? text : "the child failed";
}

std::string describe_choice() {
  const candidate c = probe_uring();
  const auto named = make_backend(backend_kind::uring);
  const auto best = make_backend(backend_kind::automatic);
  return std::string(c.granted ? "granted; " : "denied; ") + c.reason +
         "; named: " + (named ? "made" : named.error().what()) +
         "; auto: " + (best ? (*best)->name() : "none");
}

TEST(uring_backend, says_why_it_is_denied_and_auto_falls_back) {
  EXPECT_THAT(where_denied(EPERM, describe_choice),
              AllOf(HasSubstr("denied; a seccomp filter forbids io_uring"),
                    HasSubstr("named: io_uring: a seccomp filter"), HasSubstr("auto: epoll")));
  EXPECT_THAT(where_denied(ENOSYS, describe_choice),
              AllOf(HasSubstr("denied; this kernel has no io_uring"), HasSubstr("Linux 6.0"),
                    HasSubstr("auto: epoll")));
  EXPECT_THAT(
      where_denied(EINVAL, describe_choice),
      AllOf(HasSubstr("denied; this kernel's io_uring is too old"), HasSubstr("auto: epoll")));
  EXPECT_THAT(where_denied(ENOMEM, describe_choice),
              AllOf(HasSubstr("`ulimit -l`"), HasSubstr("auto: epoll")));
}

/// The rest needs the real thing.
class uring : public ::testing::Test {
 protected:
  struct counted : op {
    int completions = 0;
  };

  void SetUp() override {
    const candidate c = probe_uring();
    if (!c.granted) GTEST_SKIP() << c.reason;
    made_ = std::move(*make_uring_backend());
  }

  backend& io() { return *made_; }

  counted& start(op_kind kind, int fd, void* data = nullptr, std::size_t size = 0) {
    counted& o = ops_.emplace_back();
    o.kind = kind;
    o.fd = fd;
    o.data = data;
    o.size = static_cast<std::uint32_t>(size);
    o.run = [](job& j) { ++static_cast<counted&>(j).completions; };
    if (io().submit(o) == submission::done) o.run(o);
    return o;
  }

  void turn(duration timeout = duration()) {
    job_queue completed;
    ASSERT_EQ(io().wait(timeout, completed), 0);
    while (job* const j = completed.pop()) j->run(*j);
  }

  template <class Condition>
  void until(Condition condition) {
    const instant deadline = real_clock().now() + watchdog;
    while (!condition()) {
      ASSERT_LT(real_clock().now(), deadline) << "waited in vain";
      turn(duration::milliseconds(100));
    }
  }

  int result_of(counted& o) {
    until([&] { return o.completions != 0; });
    return o.result;
  }

  std::string take(counted& o) {
    const int got = result_of(o);
    if (got <= 0) return {};
    std::string text(static_cast<const char*>(o.data), static_cast<std::size_t>(got));
    if (o.buffer != op::no_buffer) io().give_back(o.buffer);
    return text;
  }

  void close(int fd) {
    io().close(fd);
    until([&] { return io().closing() == 0; });
  }

  static std::pair<int, os::fd> pair(int flags = 0) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0, ends), 0);
    return {ends[0], os::fd(ends[1])};
  }

  std::deque<counted> ops_;  // before the backend: the kernel may know them until it is gone
  owned<backend> made_;
};

TEST_F(uring, is_made_on_one_thread_and_used_on_another) {
  auto [ours, peer] = pair();
  std::jthread([&] {
    counted& read = start(op_kind::receive_some, ours);
    os::send(peer.get(), "x", 1);
    EXPECT_EQ(take(read), "x");
    close(ours);
    made_ = owned<backend>();
  }).join();
}

TEST_F(uring, says_that_a_second_thread_has_no_business_here) {
  turn();
  job_queue completed;
  int refusal = 0;
  std::jthread([&] {
    io().wake();
    refusal = io().wait(duration::seconds(1), completed);
  }).join();
  EXPECT_EQ(refusal, -EEXIST);
}

TEST_F(uring, more_submissions_and_completions_than_the_rings_hold_are_all_served) {
  constexpr int count = 3'000;  // three rings of completions, twelve of submissions
  auto [ours, peer] = pair();
  std::deque<int> copies;
  std::deque<counted*> polls;
  for (int i = 0; i < count; ++i) {
    copies.push_back(::fcntl(ours, F_DUPFD_CLOEXEC, 0));
    ASSERT_GE(copies.back(), 0);
    polls.push_back(&start(op_kind::readable, copies.back()));
  }
  turn();
  for (counted* const o : polls) ASSERT_EQ(o->completions, 0);
  os::send(peer.get(), "x", 1);  // all of them in one moment
  for (counted* const o : polls) ASSERT_EQ(result_of(*o), 0);
  for (const int copy : copies) io().close(copy);
  close(ours);
  for (const counted& o : ops_) EXPECT_EQ(o.completions, 1);
}

TEST_F(uring, a_read_that_lost_its_bytes_to_others_many_times_is_cancelled_truly) {
  auto [ours, peer] = pair();
  const os::fd thief(::fcntl(ours, F_DUPFD_CLOEXEC, 0));
  std::array<char, 10> own;
  for (int attempt = 0; attempt < 50; ++attempt) {
    counted& read = start(op_kind::receive, ours, own.data(), own.size());
    turn();
    // After so many of them Linux 6.18 gives the request to a worker thread of its own, which waits
    // in the call (or is about to), where a cancel interrupts it.
    for (int thefts = 0; thefts < 127; ++thefts) {
      char stolen = 0;
      ASSERT_EQ(os::send(peer.get(), "x", 1), 1);
      ASSERT_EQ(os::receive(thief.get(), &stolen, 1), 1);
      turn();
      ASSERT_EQ(read.completions, 0) << "answered " << read.result << " after " << thefts;
    }
    std::this_thread::yield();
    io().cancel(read);
    ASSERT_EQ(result_of(read), os::cancelled);
  }
  close(ours);
}

TEST_F(uring, bytes_that_nobody_wants_are_bounded_and_kept) {
  auto [ours, peer] = pair();
  counted& first = start(op_kind::receive_some, ours);
  os::send(peer.get(), "!", 1);
  EXPECT_EQ(take(first), "!");  // from now on the kernel receives for nobody

  std::string sent;
  for (int i = 0; i < 30; ++i) {
    const std::string lump(1'000, static_cast<char>('a' + i % 26));
    ASSERT_EQ(os::send(peer.get(), lump.data(), lump.size()), 1'000);
    sent += lump;
    turn();
  }
  int unread = 0;
  ASSERT_EQ(::ioctl(ours, FIONREAD, &unread), 0);
  EXPECT_GT(unread, 20'000) << "the kernel goes on to receive what nobody asked for";

  std::string received;
  while (received.size() < sent.size()) {
    // All three ways to read, in turns.
    std::array<char, 5'000> own;
    const std::size_t way = ops_.size() % 3;
    if (way == 0) EXPECT_EQ(result_of(start(op_kind::readable, ours)), 0);
    received += way == 1 ? take(start(op_kind::receive, ours, own.data(), own.size()))
                         : take(start(op_kind::receive_some, ours));
  }
  EXPECT_TRUE(received == sent);
  close(ours);
}

TEST_F(uring, connections_that_nobody_wants_stay_in_the_backlog) {
  const os::fd any(os::open_tcp_socket(false, false));
  const socket_address loopback = *socket_address::from_host("127.0.0.1", 0);
  ASSERT_EQ(os::bind(any.get(), loopback), 0);
  ASSERT_EQ(os::listen(any.get(), 512), 0);
  const int listener = ::fcntl(any.get(), F_DUPFD_CLOEXEC, 0);
  socket_address address;
  ASSERT_EQ(os::local_address(listener, address), 0);
  std::deque<os::fd> peers;
  const auto connect = [&] {
    peers.emplace_back(os::open_tcp_socket(false, false));
    ASSERT_EQ(os::connect(peers.back().get(), address.data(), address.size()), 0);
  };

  counted& first = start(op_kind::accept, listener);
  connect();
  os::fd accepted(result_of(first));
  int highest = 0;
  for (int i = 0; i < 200; ++i) {
    connect();
    turn();
    highest = peers.back().get();
  }
  EXPECT_LT(highest, 200 + 60) << "far more descriptors than peers and a few that are kept";
  for (int i = 0; i < 200; ++i) {
    accepted.reset(result_of(start(op_kind::accept, listener)));
    ASSERT_TRUE(accepted) << i;
  }
  close(listener);
}

TEST_F(uring, a_descriptor_that_does_not_block_is_served_all_the_same) {
  os::fd listener(os::open_tcp_socket(false, true));
  const socket_address loopback = *socket_address::from_host("127.0.0.1", 0);
  ASSERT_EQ(os::bind(listener.get(), loopback), 0);
  ASSERT_EQ(os::listen(listener.get(), 5), 0);
  socket_address address;
  ASSERT_EQ(os::local_address(listener.get(), address), 0);

  counted& accept = start(op_kind::accept, listener.get());
  turn();
  const int client = os::open_tcp_socket(false, true);
  EXPECT_EQ(result_of(start(op_kind::connect, client, address.data(), address.size())), 0);
  const int server = result_of(accept);
  ASSERT_GE(server, 0);
  ASSERT_EQ(os::set_nonblocking(server, true), 0);

  std::array<char, 100> own;
  for (const op_kind way : {op_kind::receive, op_kind::receive_some, op_kind::receive}) {
    counted& read = start(way, server, own.data(), own.size());
    turn();
    turn();
    EXPECT_EQ(read.completions, 0) << "answered instead of waiting: " << read.result;
    char text[] = "hello";
    EXPECT_EQ(result_of(start(op_kind::send, client, text, 5)), 5);
    EXPECT_EQ(take(read), "hello");
  }
  counted& cancelled = start(op_kind::receive, server, own.data(), own.size());
  turn();
  turn();
  io().cancel(cancelled);
  EXPECT_EQ(result_of(cancelled), os::cancelled);
  counted& closed = start(op_kind::receive_some, server);
  turn();
  close(server);
  EXPECT_EQ(result_of(closed), os::cancelled);

  // A send that must wait: the other side takes nothing, then all.
  auto [full, drain] = pair(SOCK_NONBLOCK);
  std::string lump(1'000, 'x');
  while (os::send(full, lump.data(), lump.size()) > 0) continue;
  counted& send = start(op_kind::send, full, lump.data(), lump.size());
  turn();
  turn();
  EXPECT_EQ(send.completions, 0);
  while (os::receive(drain.get(), lump.data(), lump.size()) > 0) continue;
  EXPECT_EQ(result_of(send), 1'000);
  io().close(full);
  io().close(client);
  io().close(listener.release());
  until([&] { return io().closing() == 0; });
}

TEST_F(uring, lets_go_of_all_memory_when_it_is_destroyed) {
  auto [ours, peer] = pair();
  auto [streaming, other] = pair();
  auto own = std::make_unique<std::array<char, 100>>();
  own->fill('-');
  start(op_kind::receive, ours, own->data(), own->size());
  start(op_kind::receive_some, streaming);
  turn();
  made_ = owned<backend>();
  os::send(peer.get(), "too late", 8);
  os::send(other.get(), "too late", 8);
  for (const char c : *own) EXPECT_EQ(c, '-');
  for (const int fd : {ours, streaming}) {
    char text[8];
    EXPECT_EQ(os::receive(fd, text, sizeof text), 8) << "the bytes are still in the socket";
    ::close(fd);
  }
}

TEST_F(uring, closes_what_was_accepted_for_nobody_when_it_is_destroyed) {
  const os::fd listener(os::open_tcp_socket(false, false));
  const socket_address loopback = *socket_address::from_host("127.0.0.1", 0);
  ASSERT_EQ(os::bind(listener.get(), loopback), 0);
  ASSERT_EQ(os::listen(listener.get(), 5), 0);
  socket_address address;
  ASSERT_EQ(os::local_address(listener.get(), address), 0);
  start(op_kind::accept, listener.get());
  turn();
  std::deque<os::fd> peers;
  for (int i = 0; i < 4; ++i) {
    peers.emplace_back(os::open_tcp_socket(false, false));
    ASSERT_EQ(os::connect(peers.back().get(), address.data(), address.size()), 0);
  }
  turn();  // the first is somebody's, the others are nobody's
  const os::fd taken(ops_.front().result);
  made_ = owned<backend>();
  // The leak watch of the test program counts descriptors; here each peer meets the end.
  peers.pop_front();
  for (const os::fd& peer : peers) {
    EXPECT_NE(os::poll_one(peer.get(), true, false, watchdog), 0);
  }
}

}  // namespace
}  // namespace rondo::io
