// Bytes over a stream: as they were sent, in order, whole, with an end that is told as one.
#include <errno.h>
#include <sys/uio.h>

#include "conformance/driver.hpp"

#include <rondo/os/errors.hpp>

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

INSTANTIATE_TEST_SUITE_P(on, stream, ::testing::ValuesIn(granted_backends()), backend_name);

}  // namespace
}  // namespace rondo::conformance
