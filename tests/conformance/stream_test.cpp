// Bytes over a stream: as they were sent, in order, whole, with an end that is told as one.
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <random>
#include <thread>

#include "conformance/driver.hpp"
#include "support/seed.hpp"

namespace rondo::conformance {
namespace {

class stream : public conformance {
 protected:
  void TearDown() override {
    io.close(c.ours);
    c.peer.reset();
    d.until([&] { return io.closing() == 0 && d.pending() == 0; }, "the close");
    conformance::TearDown();
  }

  connection c = connect_pair(io);
};

TEST_P(stream, echoes_many_requests) {
  for (int i = 0; i < 1000; ++i) {
    const std::string request = "request " + std::to_string(i);
    asked_op& read = d.receive_some(c.ours);
    write_all(c.peer.get(), request);
    ASSERT_EQ(d.finish(read), static_cast<int>(request.size()));
    const std::string text = d.take(read);
    ASSERT_EQ(text, request);
    ASSERT_EQ(d.finish(d.send(c.ours, text)), static_cast<int>(text.size()));
    ASSERT_EQ(read_exactly(c.peer.get(), request.size()), request);
  }
}

TEST_P(stream, reads_what_was_there_before_it_asked) {
  write_all(c.peer.get(), "early");
  asked_op& read = d.receive(c.ours, 100);
  EXPECT_EQ(d.finish(read), 5);
  EXPECT_EQ(d.take(read), "early");
}

TEST_P(stream, a_short_buffer_leaves_the_rest_for_the_next_read) {
  write_all(c.peer.get(), "abcdef");
  std::string text;
  for (int i = 0; i < 3; ++i) {
    asked_op& read = d.receive(c.ours, 2);
    ASSERT_EQ(d.finish(read), 2);
    text += d.take(read);
  }
  EXPECT_EQ(text, "abcdef");
  asked_op& waiting = d.receive(c.ours, 2);
  d.settle();
  EXPECT_FALSE(waiting.finished());
  write_all(c.peer.get(), "g");
  EXPECT_EQ(d.finish(waiting), 1);
}

TEST_P(stream, the_end_is_zero_again_and_again) {
  write_all(c.peer.get(), "last words");
  os::shutdown(c.peer.get(), os::direction::write);
  EXPECT_EQ(d.read_exactly(c.ours, 10), "last words");
  for (int i = 0; i < 3; ++i) {
    asked_op& read = d.receive_some(c.ours);
    EXPECT_EQ(d.finish(read), 0);
    EXPECT_EQ(read.buffer, io::op::no_buffer);
    EXPECT_EQ(d.finish(d.receive(c.ours, 5)), 0);
  }
}

TEST_P(stream, an_end_that_arrives_with_the_bytes_is_not_lost) {
  asked_op& read = d.receive_some(c.ours);
  d.settle();
  write_all(c.peer.get(), "bytes");
  os::shutdown(c.peer.get(), os::direction::write);
  EXPECT_EQ(d.finish(read), 5);
  d.take(read);
  EXPECT_EQ(d.finish(d.receive_some(c.ours)), 0);
}

TEST_P(stream, an_end_one_way_leaves_the_other_way_open) {
  os::shutdown(c.peer.get(), os::direction::write);
  EXPECT_EQ(d.finish(d.receive_some(c.ours)), 0);
  EXPECT_EQ(d.finish(d.send(c.ours, "still here")), 10);
  EXPECT_EQ(read_exactly(c.peer.get(), 10), "still here");

  EXPECT_EQ(os::shutdown(c.ours, os::direction::write), 0);
  char byte = 0;
  EXPECT_EQ(recv(c.peer.get(), &byte, 1, 0), 0);
}

TEST_P(stream, a_reader_is_told_of_its_own_shutdown) {
  asked_op& read = d.receive_some(c.ours);
  d.settle();
  EXPECT_EQ(os::shutdown(c.ours, os::direction::both), 0);
  EXPECT_EQ(d.finish(read), 0);
}

TEST_P(stream, a_reset_reaches_the_waiting_reader) {
  asked_op& read = d.receive_some(c.ours);
  d.settle();
  reset(c.peer);
  EXPECT_EQ(d.finish(read), -ECONNRESET);
  EXPECT_EQ(d.finish(d.receive_some(c.ours)), 0);
}

TEST_P(stream, a_reset_with_nobody_waiting_is_told_to_the_next) {
  write_all(c.peer.get(), "request");
  EXPECT_EQ(d.read_exactly(c.ours, 7), "request");
  reset(c.peer);
  EXPECT_EQ(d.finish(d.receive(c.ours, 10)), -ECONNRESET);
}

TEST_P(stream, a_send_to_a_closed_peer_fails_without_a_signal) {
  reset(c.peer);
  const int first = d.finish(d.send(c.ours, "x"));
  EXPECT_TRUE(first == -ECONNRESET || first == -EPIPE) << first;
  EXPECT_EQ(d.finish(d.send(c.ours, "y")), -EPIPE);
  std::byte* const bytes = d.bytes(1);
  iovec* const piece = reinterpret_cast<iovec*>(d.bytes(sizeof(iovec)));
  *piece = {bytes, 1};
  EXPECT_EQ(d.finish(d.start(io::op_kind::send_vector, c.ours, piece, 1)), -EPIPE);
}

TEST_P(stream, two_readers_are_served_in_order) {
  asked_op& first = d.receive(c.ours, 3);
  asked_op& second = d.receive(c.ours, 3);
  d.settle();
  write_all(c.peer.get(), "abcdef");
  EXPECT_EQ(d.finish(second), 3);
  ASSERT_TRUE(first.finished());
  EXPECT_EQ(d.take(first) + d.take(second), "abcdef");
}

TEST_P(stream, many_readers_of_both_kinds_are_served_in_order) {
  const std::string text = numbered_text(64);
  std::vector<asked_op*> reads;
  for (int i = 0; i < 63; ++i) reads.push_back(&d.receive(c.ours, 1));
  reads.push_back(&d.receive_some(c.ours));
  for (const char byte : text) write_all(c.peer.get(), std::string_view(&byte, 1));
  d.finish(*reads.back());
  std::string got;
  for (asked_op* read : reads) {
    ASSERT_TRUE(read->finished());
    got += d.take(*read);
  }
  EXPECT_EQ(got, text);
}

TEST_P(stream, a_waiting_reader_does_not_hold_up_a_writer) {
  asked_op& read = d.receive_some(c.ours);
  d.settle();
  EXPECT_EQ(d.finish(d.send(c.ours, "written meanwhile")), 17);
  EXPECT_EQ(read_exactly(c.peer.get(), 17), "written meanwhile");
  EXPECT_FALSE(read.finished());
  write_all(c.peer.get(), "answer");
  EXPECT_EQ(d.finish(read), 6);
  EXPECT_EQ(d.take(read), "answer");
}

TEST_P(stream, a_text_larger_than_all_buffers_arrives_whole) {
  ASSERT_EQ(os::set_option(c.ours, os::option::send_buffer, 4096), 0);
  const std::string text = numbered_text(1'000'000);
  std::string received;
  std::jthread reader([&] { received = read_up_to(c.peer.get(), text.size()); });
  std::size_t sent = 0;
  std::size_t shortened = 0;
  while (sent < text.size()) {
    const std::size_t size = std::min<std::size_t>(text.size() - sent, 200'000);
    const int count = d.finish(d.send(c.ours, std::string_view(text).substr(sent, size)));
    if (count <= 0) break;
    if (static_cast<std::size_t>(count) < size) ++shortened;
    sent += static_cast<std::size_t>(count);
  }
  reader.join();
  EXPECT_EQ(sent, text.size());
  EXPECT_GT(shortened, 0u) << "the send buffer was meant to be too small";
  EXPECT_TRUE(received == text);
}

TEST_P(stream, random_sizes_come_out_in_order) {
  std::mt19937_64 random(testing::seed());
  const std::string text = numbered_text(2'000'000);
  std::jthread writer([&, seed = random()] {
    std::mt19937_64 sizes(seed);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = std::min<std::size_t>(text.size() - at, 1 + sizes() % 10'000);
      write_all(c.peer.get(), std::string_view(text).substr(at, size));
      at += size;
    }
    os::shutdown(c.peer.get(), os::direction::write);
  });
  std::string received;
  int got = 1;
  while (got > 0) {
    const bool lent = random() % 2 == 0;
    asked_op& read = lent ? d.receive_some(c.ours) : d.receive(c.ours, 1 + random() % 9'000);
    got = d.finish(read);
    received += d.take(read);
  }
  writer.join();
  EXPECT_EQ(got, 0);
  EXPECT_TRUE(received == text) << received.size() << " bytes of " << text.size();
}

TEST_P(stream, a_vector_goes_out_in_one_piece_and_in_order) {
  const std::string_view words[] = {"one ", "", "two ", "three"};
  iovec* const pieces = reinterpret_cast<iovec*>(d.bytes(4 * sizeof(iovec)));
  for (int i = 0; i < 4; ++i) {
    std::byte* const copy = d.bytes(words[i].size() + 1);
    memcpy(copy, words[i].data(), words[i].size());
    pieces[i] = {copy, words[i].size()};
  }
  EXPECT_EQ(d.finish(d.start(io::op_kind::send_vector, c.ours, pieces, 4)), 13);
  EXPECT_EQ(read_exactly(c.peer.get(), 13), "one two three");
}

TEST_P(stream, readable_and_writable_tell_and_take_nothing) {
  EXPECT_EQ(d.finish(d.start(io::op_kind::writable, c.ours)), 0);
  asked_op& readable = d.start(io::op_kind::readable, c.ours);
  d.settle();
  EXPECT_FALSE(readable.finished());
  write_all(c.peer.get(), "x");
  EXPECT_EQ(d.finish(readable), 0);
  EXPECT_EQ(d.finish(d.start(io::op_kind::readable, c.ours)), 0);
  EXPECT_EQ(d.read_exactly(c.ours, 1), "x");
  asked_op& again = d.start(io::op_kind::readable, c.ours);
  d.settle();
  EXPECT_FALSE(again.finished());
  os::shutdown(c.peer.get(), os::direction::write);
  EXPECT_EQ(d.finish(again), 0);
}

INSTANTIATE_TEST_SUITE_P(on, stream, ::testing::ValuesIn(granted_backends()), backend_name);

}  // namespace
}  // namespace rondo::conformance
