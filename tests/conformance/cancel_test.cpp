// The cancellation contract: every op completes once, with the truth, and what came for nobody is
// kept for the next.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <functional>
#include <random>
#include <thread>

#include "conformance/driver.hpp"
#include "support/seed.hpp"

#include <rondo/os/errors.hpp>

namespace rondo::conformance {
namespace {

bool is_open(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}

/// A connected pair that is full: nothing more can be written to `ours` until `peer` reads.
connection full_pair(io::backend& io) {
  int ends[2] = {-1, -1};
  const int flags = SOCK_STREAM | SOCK_CLOEXEC;
  if (socketpair(AF_UNIX, flags, 0, ends) != 0) throw os::make_error(-errno, "socketpair");
  connection c;
  c.ours = ends[0];
  c.peer = os::fd(ends[1]);
  os::set_nonblocking(c.ours, io.wants_nonblocking());
  const std::string lump(1000, 'x');
  while (os::send(c.ours, lump.data(), lump.size()) > 0) continue;
  return c;
}

/// A listener of which further connects get no answer, since its queue is full.
struct full_listener {
  explicit full_listener(io::backend& io) : listener(listen_on_loopback(io, false, 0)) {
    first = connect_peer(address_of(listener.get()));
  }
  os::fd listener;
  os::fd first;
};

class cancel : public conformance {
 protected:
  /// Calls `f` with an op of every kind that waits for something which does not happen.
  void for_each_kind(const std::function<void(asked_op&)>& f) {
    const auto step = [&](asked_op& o) {
      SCOPED_TRACE(to_string(o.kind));
      d.settle();
      ASSERT_FALSE(o.finished()) << "was meant to wait";
      f(o);
    };
    for (const io::op_kind kind : {io::op_kind::receive_some, io::op_kind::readable}) {
      const connection c = connect_pair(io);
      step(d.start(kind, c.ours));
      io.close(c.ours);
    }
    const connection reading = connect_pair(io);
    step(d.receive(reading.ours, 100));
    io.close(reading.ours);

    const connection pair = message_pair(io);
    messages room(3, 100);
    step(d.receive(pair.ours, room));
    io.close(pair.ours);

    os::fd listener = listen_on_loopback(io);
    step(d.start(io::op_kind::accept, listener.get()));
    io.close(listener.release());

    const full_listener unanswering(io);
    const int connecting = os::open_tcp_socket(false, io.wants_nonblocking());
    step(d.connect(connecting, address_of(unanswering.listener.get())));
    io.close(connecting);

    const connection full = full_pair(io);
    step(d.start(io::op_kind::writable, full.ours));
    step(d.send(full.ours, "more"));
    auto* const piece = reinterpret_cast<const_buffer*>(d.bytes(sizeof(const_buffer)));
    *piece = {d.bytes(4), 4};
    step(d.start(io::op_kind::send_vector, full.ours, piece, 1));
    io.close(full.ours);

    int held = 0;
    const connection crowded = full_message_pair(io, held);
    messages more({"one", "more"});
    step(d.send(crowded.ours, more));
    io.close(crowded.ours);
    d.until([&] { return io.closing() == 0; }, "the last close");
  }
};

TEST_P(cancel, ends_every_kind_that_waits) {
  for_each_kind([&](asked_op& o) {
    io.cancel(o);
    EXPECT_FALSE(o.finished()) << "a job was run inline";
    EXPECT_EQ(d.finish(o), os::cancelled);
    EXPECT_EQ(o.buffer, io::op::no_buffer);
    io.cancel(o);  // finished already: nothing happens
    d.settle();
  });
}

TEST_P(cancel, twice_is_once) {
  for_each_kind([&](asked_op& o) {
    io.cancel(o);
    io.cancel(o);
    EXPECT_EQ(d.finish(o), os::cancelled);
    d.settle();
  });
}

TEST_P(cancel, close_ends_every_kind_that_waits) {
  std::vector<int> closed;
  for_each_kind([&](asked_op& o) {
    // A copy of the descriptor stands in for it afterwards, since for_each_kind closes that number.
    const int substitute = fcntl(o.fd, F_DUPFD_CLOEXEC, 0);
    io.close(o.fd);
    EXPECT_EQ(d.finish(o), os::cancelled);
    d.until([&] { return io.closing() == 0; }, "the close");
    EXPECT_FALSE(is_open(o.fd));
    ASSERT_EQ(dup3(substitute, o.fd, O_CLOEXEC), o.fd);
    ::close(substitute);
  });
}

TEST_P(cancel, leaves_later_bytes_to_the_next_read) {
  const connection c = connect_pair(io);
  for (int i = 0; i < 10; ++i) {
    asked_op& read = d.receive(c.ours, 100);
    asked_op& lent = d.receive_some(c.ours);
    d.settle();
    io.cancel(i % 2 == 0 ? read : lent);
    io.cancel(i % 2 == 0 ? lent : read);
    EXPECT_EQ(d.finish(read), os::cancelled);
    EXPECT_EQ(d.finish(lent), os::cancelled);
    const std::string text = "for the next " + std::to_string(i);
    write_all(c.peer.get(), text);
    if (i % 3 == 0) d.turn(duration());
    EXPECT_EQ(d.read_exactly(c.ours, text.size()), text);
  }
  io.close(c.ours);
}

TEST_P(cancel, leaves_later_connections_to_the_next_accept) {
  os::fd listener = listen_on_loopback(io);
  asked_op& cancelled = d.start(io::op_kind::accept, listener.get());
  d.settle();
  io.cancel(cancelled);
  EXPECT_EQ(d.finish(cancelled), os::cancelled);
  os::fd peer = connect_peer(address_of(listener.get()));
  d.turn(duration());
  const int taken = d.finish(d.start(io::op_kind::accept, listener.get()));
  ASSERT_GE(taken, 0);
  write_all(peer.get(), "hello");
  EXPECT_EQ(d.read_exactly(taken, 5), "hello");
  io.close(taken);
  io.close(listener.release());
}

TEST_P(cancel, of_the_first_lets_the_second_go_on) {
  const connection c = connect_pair(io);
  asked_op& first = d.receive(c.ours, 10);
  asked_op& second = d.receive(c.ours, 10);
  d.settle();
  io.cancel(first);
  EXPECT_EQ(d.finish(first), os::cancelled);
  write_all(c.peer.get(), "second");
  EXPECT_EQ(d.finish(second), 6);
  EXPECT_EQ(d.take(second), "second");
  io.close(c.ours);
}

TEST_P(cancel, of_the_second_does_not_touch_the_first) {
  const connection c = connect_pair(io);
  asked_op& first = d.receive(c.ours, 10);
  asked_op& second = d.receive_some(c.ours);
  d.settle();
  io.cancel(second);
  EXPECT_EQ(d.finish(second), os::cancelled);
  EXPECT_FALSE(first.finished());
  write_all(c.peer.get(), "first");
  EXPECT_EQ(d.finish(first), 5);
  io.close(c.ours);
}

TEST_P(cancel, of_a_full_send_lets_the_next_one_through) {
  const connection c = full_pair(io);
  asked_op& blocked = d.send(c.ours, "cancelled");
  d.settle();
  io.cancel(blocked);
  EXPECT_EQ(d.finish(blocked), os::cancelled);
  asked_op& next = d.send(c.ours, "through");
  d.settle();
  EXPECT_FALSE(next.finished());
  std::string drained;
  char lump[4096];
  while (!next.finished() || recv(c.peer.get(), lump, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
    const ssize_t got = recv(c.peer.get(), lump, sizeof lump, MSG_DONTWAIT);
    if (got > 0) drained.append(lump, static_cast<std::size_t>(got));
    d.turn(duration());
  }
  EXPECT_EQ(next.result, 7);
  EXPECT_EQ(drained.substr(drained.find_first_not_of('x')), "through");
  io.close(c.ours);
}

TEST_P(cancel, close_completes_all_that_queue_behind_each_other) {
  const connection c = full_pair(io);
  std::vector<asked_op*> ops;
  for (int i = 0; i < 5; ++i) {
    ops.push_back(&d.receive(c.ours, 10));
    ops.push_back(&d.receive_some(c.ours));
    ops.push_back(&d.send(c.ours, "more"));
  }
  d.settle();
  io.close(c.ours);
  for (asked_op* o : ops) EXPECT_EQ(d.finish(*o), os::cancelled);
}

TEST_P(cancel, close_with_unread_bytes_and_nobody_waiting_is_quiet) {
  const connection c = connect_pair(io);
  asked_op& read = d.receive_some(c.ours);
  d.settle();
  write_all(c.peer.get(), "a");
  d.finish(read);
  d.take(read);
  write_all(c.peer.get(), "never read");
  d.turn(duration());
  io.close(c.ours);
  d.until([&] { return io.closing() == 0; }, "the close");
  d.settle();
  EXPECT_FALSE(is_open(c.ours));
}

TEST_P(cancel, a_number_that_comes_back_is_a_new_descriptor) {
  int returned = 0;
  int before = -1;
  for (int i = 0; i < 500; ++i) {
    connection c = connect_pair(io);
    if (c.ours == before) ++returned;
    before = c.ours;
    asked_op& read = d.receive_some(c.ours);
    if (i % 2 == 0) d.turn(duration());
    const std::string text = "life " + std::to_string(i);
    write_all(c.peer.get(), text);
    if (i % 3 == 0) {
      EXPECT_EQ(d.finish(read), static_cast<int>(text.size()));
      EXPECT_EQ(d.take(read), text);
      d.receive(c.ours, 10);
    }
    if (i % 5 == 0) reset(c.peer);
    io.close(c.ours);
    d.until([&] { return d.pending() == 0 && io.closing() == 0; }, "the close");
    if (read.buffer != io::op::no_buffer) d.take(read);
  }
  EXPECT_GT(returned, 0) << "this test needs a number to be used again";
}

TEST_P(cancel, what_pends_can_be_listed) {
  const connection c = full_pair(io);
  os::fd listener = listen_on_loopback(io);
  std::vector<const io::op*> started = {&d.receive_some(c.ours), &d.receive(c.ours, 1),
                                        &d.send(c.ours, "more"),
                                        &d.start(io::op_kind::accept, listener.get())};
  const auto listed = [&] {
    std::vector<const io::op*> all;
    io.for_each_pending([&](const io::op& o) { all.push_back(&o); });
    std::sort(all.begin(), all.end());
    return all;
  };
  std::sort(started.begin(), started.end());
  EXPECT_EQ(listed(), started);
  d.settle();
  EXPECT_EQ(listed(), started);
  io.close(c.ours);
  io.close(listener.release());
  d.until([&] { return d.pending() == 0; }, "the cancelled ops");
  EXPECT_TRUE(listed().empty());
}

INSTANTIATE_TEST_SUITE_P(on, cancel, ::testing::ValuesIn(granted_backends()), backend_name);

}  // namespace
}  // namespace rondo::conformance
