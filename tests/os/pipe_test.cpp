#include <rondo/os/pipe.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <string>

#include <rondo/os/errors.hpp>
#include <rondo/os/socket.hpp>

namespace rondo::os {
namespace {

TEST(OsPipe, CarriesBytesOneWay) {
  pipe_ends ends;
  ASSERT_EQ(open_pipe(ends), 0);
  EXPECT_EQ(fcntl(ends.read.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(fcntl(ends.write.get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(write_pipe(ends.write.get(), "hello", 5), 5);
  std::string got(16, '\0');
  EXPECT_EQ(read_pipe(ends.read.get(), got.data(), got.size()), 5);
  EXPECT_EQ(got.substr(0, 5), "hello");
  EXPECT_EQ(set_nonblocking(ends.read.get(), true), 0);
  EXPECT_EQ(read_pipe(ends.read.get(), got.data(), got.size()), would_block);
  ends.write.reset();
  EXPECT_EQ(read_pipe(ends.read.get(), got.data(), got.size()), 0);
}

/// The test would die of the signal.
TEST(OsPipe, RaisesNoSignalWhereNobodyReads) {
  ASSERT_EQ(std::signal(SIGPIPE, SIG_DFL), SIG_DFL);
  pipe_ends ends;
  ASSERT_EQ(open_pipe(ends), 0);
  ends.read.reset();
  EXPECT_EQ(write_pipe(ends.write.get(), "hello", 5), -EPIPE);
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

TEST(OsPipe, OpensWhatSwallowsAll) {
  const fd null(open_null());
  ASSERT_TRUE(null);
  char byte = 0;
  EXPECT_EQ(read_pipe(null.get(), &byte, 1), 0);
  EXPECT_EQ(write_pipe(null.get(), "x", 1), 1);
}

}  // namespace
}  // namespace rondo::os
