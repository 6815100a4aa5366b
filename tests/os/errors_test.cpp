#include "rondo/os/errors.hpp"

#include <errno.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace {

using rondo::errc;
namespace os = rondo::os;

TEST(errors, translates_numbers) {
  EXPECT_EQ(os::to_errc(0), errc::ok);
  EXPECT_EQ(os::to_errc(17), errc::ok) << "a count";
  EXPECT_EQ(os::to_errc(-ECONNREFUSED), errc::connection_refused);
  EXPECT_EQ(os::to_errc(-EWOULDBLOCK), errc::would_block);
  EXPECT_EQ(os::to_errc(-EMFILE), errc::too_many_descriptors);
  EXPECT_EQ(os::to_errc(-ENFILE), errc::too_many_descriptors_in_system);
  EXPECT_EQ(os::to_errc(-ETIME), errc::timed_out) << "what io_uring's timeouts say";
  EXPECT_EQ(os::to_errc(-EXDEV), errc::cross_device);
  EXPECT_EQ(os::to_errc(-EPROTO), errc::other);
  EXPECT_EQ(os::to_errc(-99'999), errc::other);
}

TEST(errors, the_named_numbers_are_the_kernels) {
  EXPECT_EQ(os::to_errc(os::would_block), errc::would_block);
  EXPECT_EQ(os::to_errc(os::interrupted), errc::interrupted);
  EXPECT_EQ(os::to_errc(os::cancelled), errc::cancelled);
  EXPECT_EQ(os::to_errc(os::timed_out), errc::timed_out);
  EXPECT_EQ(os::to_errc(os::bad_descriptor), errc::bad_descriptor);
  EXPECT_EQ(os::to_errc(os::no_buffer_space), errc::no_buffer_space);
  EXPECT_EQ(os::in_progress, -EINPROGRESS);
}

TEST(errors, makes_a_sentence) {
  const rondo::error e = os::make_error(-EADDRINUSE, "bind", "127.0.0.1:80");
  EXPECT_EQ(e.code(), errc::address_in_use);
  EXPECT_EQ(e.native(), EADDRINUSE);
  EXPECT_STREQ(e.what(),
               "bind 127.0.0.1:80: Address already in use (EADDRINUSE); another program listens "
               "there; choose another port, or 0 for a free one");
  EXPECT_STREQ(os::make_error(-EPIPE, "send").what(), "send: Broken pipe (EPIPE)");
  EXPECT_STREQ(os::make_error(-99'999, "send").what(), "send: unknown error (99999)");
}

TEST(errors, makes_a_sentence_of_a_code) {
  const rondo::error e = os::make_error(errc::closed, "read", "socket");
  EXPECT_EQ(e.code(), errc::closed);
  EXPECT_EQ(e.native(), 0);
  EXPECT_STREQ(e.what(), "read socket: closed");
}

TEST(errors, last_error_is_negated) {
  ASSERT_EQ(::close(-1), -1);
  EXPECT_EQ(os::last_error(), -EBADF);
}

TEST(errors, tells_when_accepting_must_pause) {
  for (const int n : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    EXPECT_TRUE(os::is_exhaustion(-n));
    EXPECT_FALSE(os::is_transient_accept_error(-n));
  }
  for (const int n : {ECONNABORTED, EPROTO, EPERM, ENETDOWN}) {
    EXPECT_TRUE(os::is_transient_accept_error(-n));
    EXPECT_FALSE(os::is_exhaustion(-n));
  }
  for (const int n : {0, -EAGAIN, -EBADF, -EINVAL, -ENOTSOCK, EMFILE}) {
    EXPECT_FALSE(os::is_transient_accept_error(n));
    EXPECT_FALSE(os::is_exhaustion(n));
  }
}

}  // namespace
