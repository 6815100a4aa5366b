// Whole messages: in order, in batches, each as long as it was sent, and none lost to a cancel.
#include <errno.h>
#include <sys/socket.h>

#include <random>

#include "conformance/driver.hpp"
#include "support/seed.hpp"

#include <rondo/os/errors.hpp>

namespace rondo::conformance {
namespace {

class message_ops : public conformance {
 protected:
  void TearDown() override {
    io.close(c.ours);
    c.peer.reset();
    d.until([&] { return io.closing() == 0 && d.pending() == 0; }, "the close");
    conformance::TearDown();
  }

  /// What the peer reads next; its socket blocks no longer than it must.
  std::string read_by_peer() {
    messages room(1, 1000);
    const int got = os::receive_messages(c.peer.get(), room.slots.data(), 1);
    return got == 1 ? room.text(0) : "nothing";
  }
  void send_by_peer(const std::string& text) {
    ASSERT_EQ(::send(c.peer.get(), text.data(), text.size(), MSG_NOSIGNAL), ssize_t(text.size()));
  }

  connection c = message_pair(io);
};

TEST_P(message_ops, come_and_go_one_by_one) {
  for (int i = 0; i < 300; ++i) {
    const std::string text = "message " + std::to_string(i);
    messages room(1, 100);
    asked_op& receiving = d.receive(c.ours, room);
    if (i % 3 == 0) d.settle();
    send_by_peer(text);
    ASSERT_EQ(d.finish(receiving), 1);
    ASSERT_EQ(room.text(0), text);
    messages answer({text});
    ASSERT_EQ(d.finish(d.send(c.ours, answer)), 1);
    ASSERT_EQ(answer.slots[0].size, text.size());
    ASSERT_EQ(read_by_peer(), text);
  }
}

TEST_P(message_ops, keep_their_bounds_in_a_batch) {
  send_by_peer("first");
  send_by_peer("");
  send_by_peer("the third is longer");
  messages room(5, 100);
  int got = 0;
  std::vector<std::string> texts;
  while (got < 3) {
    const int more = d.finish(d.receive(c.ours, room));
    ASSERT_GT(more, 0);
    for (int i = 0; i < more; ++i) texts.push_back(room.text(static_cast<std::size_t>(i)));
    got += more;
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"first", "", "the third is longer"}));
  messages batch({"one", "", "three"});
  EXPECT_EQ(d.finish(d.send(c.ours, batch)), 3);
  for (const char* expected : {"one", "", "three"}) EXPECT_EQ(read_by_peer(), expected);
}

TEST_P(message_ops, tell_what_was_cut_off) {
  send_by_peer("longer than that");
  messages room(1, 6);
  EXPECT_EQ(d.finish(d.receive(c.ours, room)), 1);
  EXPECT_EQ(room.text(0), "longer");
  EXPECT_TRUE(os::is_truncated(room.slots[0]));
}

TEST_P(message_ops, are_received_in_the_order_of_asking) {
  messages rooms[] = {messages(1, 100), messages(1, 100), messages(1, 100)};
  std::vector<asked_op*> asked;
  for (messages& room : rooms) asked.push_back(&d.receive(c.ours, room));
  d.settle();
  for (const char* text : {"a", "b", "c"}) send_by_peer(text);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(d.finish(*asked[i]), 1);
    EXPECT_EQ(rooms[i].text(0), std::string(1, static_cast<char>('a' + i)));
  }
}

TEST_P(message_ops, a_cancelled_receive_leaves_them_to_the_next) {
  std::mt19937_64 random(testing::seed());
  for (int i = 0; i < 100; ++i) {
    const std::string text = "for the next " + std::to_string(i);
    messages first(2, 100);
    messages second(2, 100);
    asked_op& receiving = d.receive(c.ours, first);
    if (random() % 2 == 0) d.settle();
    const bool early = random() % 2 == 0;
    if (early) send_by_peer(text);
    io.cancel(receiving);
    if (random() % 2 == 0) d.turn(duration());
    const int outcome = d.finish(receiving);
    if (outcome == 1) {
      ASSERT_TRUE(early);
      ASSERT_EQ(first.text(0), text);
      continue;
    }
    ASSERT_EQ(outcome, os::cancelled);
    if (!early) send_by_peer(text);
    ASSERT_EQ(d.finish(d.receive(c.ours, second)), 1);
    ASSERT_EQ(second.text(0), text);
  }
}

TEST_P(message_ops, wait_for_room_and_a_cancel_sends_nothing) {
  int held = 0;
  connection full = full_message_pair(io, held);
  ASSERT_GT(held, 0);
  messages early({"never sent"});
  messages late({"one", "two"});
  asked_op& cancelled = d.send(full.ours, early);
  d.settle();
  io.cancel(cancelled);
  EXPECT_EQ(d.finish(cancelled), os::cancelled);
  asked_op& waits = d.send(full.ours, late);
  d.settle();
  EXPECT_FALSE(waits.finished());
  messages room(1, 100);
  for (int i = 0; i < held; ++i) {
    ASSERT_EQ(os::receive_messages(full.peer.get(), room.slots.data(), 1), 1);
    ASSERT_EQ(room.text(0), "x");
  }
  const int sent = d.finish(waits);
  EXPECT_GE(sent, 1);
  for (int i = 0; i < sent; ++i) {
    ASSERT_EQ(os::receive_messages(full.peer.get(), room.slots.data(), 1), 1);
    EXPECT_EQ(room.text(0), i == 0 ? "one" : "two");
  }
  EXPECT_EQ(os::receive_messages(full.peer.get(), room.slots.data(), 1), os::would_block);
  io.close(full.ours);
}

TEST_P(message_ops, a_close_ends_those_that_wait) {
  messages first(1, 100);
  messages second(1, 100);
  const connection other = message_pair(io);
  asked_op& one = d.receive(other.ours, first);
  asked_op& two = d.receive(other.ours, second);
  d.settle();
  io.close(other.ours);
  EXPECT_EQ(d.finish(one), os::cancelled);
  EXPECT_EQ(d.finish(two), os::cancelled);
}

TEST_P(message_ops, tell_the_refusal_of_a_network) {
  // A port where nobody listens: bound, and closed again.
  os::fd taken(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(os::bind(taken.get(), *socket_address::from_host("127.0.0.1", 0)), 0);
  const socket_address nowhere = address_of(taken.get());
  taken.reset();
  const int ours = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  os::set_nonblocking(ours, io.wants_nonblocking());
  ASSERT_EQ(os::connect(ours, nowhere.data(), nowhere.size()), 0);
  messages room(1, 100);
  messages knock({"knock"});
  asked_op& waits = d.receive(ours, room);
  d.settle();
  EXPECT_EQ(d.finish(d.send(ours, knock)), 1);
  EXPECT_EQ(d.finish(waits), -ECONNREFUSED);
  // The socket goes on.
  asked_op& again = d.receive(ours, room);
  d.settle();
  EXPECT_FALSE(again.finished());
  io.cancel(again);
  EXPECT_EQ(d.finish(again), os::cancelled);
  io.close(ours);
}

TEST_P(message_ops, find_no_descriptor) {
  messages room(1, 100);
  EXPECT_EQ(d.finish(d.receive(-1, room)), os::bad_descriptor);
  EXPECT_EQ(d.finish(d.send(-1, room)), os::bad_descriptor);
}

INSTANTIATE_TEST_SUITE_P(backends, message_ops, ::testing::ValuesIn(granted_backends()),
                         backend_name);

}  // namespace
}  // namespace rondo::conformance
