// Whole messages with descriptors: boundaries, ends, and what happens where there is no room.
#include "rondo/os/message_socket.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "rondo/os/errors.hpp"

namespace {

namespace os = rondo::os;

struct message_pair {
  message_pair() { EXPECT_EQ(os::open_message_pair(near, far), 0); }
  os::fd near;
  os::fd far;
};

int send(const os::fd& to, std::string_view text, std::span<const int> descriptors = {}) {
  const rondo::const_buffer piece(text.data(), text.size());
  return os::send_message(to.get(), std::span(&piece, 1), descriptors);
}

struct taken {
  int result = 0;
  std::string text;
  std::vector<os::fd> descriptors;
};

taken take(const os::fd& from, std::size_t room = 100) {
  taken t;
  t.text.resize(room);
  t.result = os::receive_message(from.get(), t.text.data(), room, t.descriptors);
  t.text.resize(t.result > 0 ? static_cast<std::size_t>(t.result) : 0);
  return t;
}

bool is_same_file(int one, int other) {
  struct stat a = {};
  struct stat b = {};
  return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_ino == b.st_ino &&
         a.st_dev == b.st_dev;
}

int next_free_descriptor() {
  const os::fd probe(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return probe.get();
}

TEST(message_socket, keeps_messages_whole_and_in_order) {
  const message_pair p;
  EXPECT_EQ(os::waiting_message(p.far.get()), os::would_block);
  EXPECT_EQ(take(p.far).result, os::would_block);
  EXPECT_EQ(send(p.near, "one"), 3);
  EXPECT_EQ(send(p.near, "three"), 5);
  EXPECT_EQ(os::waiting_message(p.far.get()), 3);
  EXPECT_EQ(take(p.far).text, "one");
  EXPECT_EQ(os::waiting_message(p.far.get()), 5);
  EXPECT_EQ(take(p.far).text, "three");
}

TEST(message_socket, joins_pieces) {
  const message_pair p;
  const rondo::const_buffer pieces[] = {{"ab", 2}, {nullptr, 0}, {"cd", 2}};
  EXPECT_EQ(os::send_message(p.near.get(), pieces, {}), 4);
  EXPECT_EQ(take(p.far).text, "abcd");
}

TEST(message_socket, passes_as_many_descriptors_as_the_kernel_allows) {
  const message_pair p;
  const std::vector<int> many(os::max_passed_descriptors, p.near.get());
  EXPECT_EQ(send(p.near, "x", many), 1);
  EXPECT_EQ(os::waiting_message(p.far.get()), 1) << "looking makes no descriptors";
  const taken t = take(p.far);
  EXPECT_EQ(t.text, "x");
  ASSERT_EQ(t.descriptors.size(), many.size());
  for (const os::fd& each : t.descriptors) {
    EXPECT_TRUE(is_same_file(each.get(), p.near.get()));
    EXPECT_NE(::fcntl(each.get(), F_GETFD) & FD_CLOEXEC, 0);
  }
  const std::vector<int> too_many(os::max_passed_descriptors + 1, p.near.get());
  EXPECT_EQ(os::to_errc(send(p.near, "x", too_many)), rondo::errc::invalid_argument);
}

TEST(message_socket, the_end_comes_behind_what_was_sent) {
  message_pair p;
  EXPECT_EQ(send(p.near, "last"), 4);
  EXPECT_EQ(send(p.far, "never read"), 10);
  p.near.reset();
  EXPECT_EQ(take(p.far).text, "last") << "though the peer left without reading";
  EXPECT_EQ(take(p.far).result, 0);
  EXPECT_EQ(os::waiting_message(p.far.get()), 0);
  EXPECT_EQ(os::to_errc(send(p.far, "x")), rondo::errc::broken_pipe);
}

TEST(message_socket, a_message_without_room_is_dropped_with_all_it_brought) {
  const message_pair p;
  const int passed[] = {p.near.get()};
  const int free_before = next_free_descriptor();
  EXPECT_EQ(send(p.near, "too long", passed), 8);
  EXPECT_EQ(send(p.near, "next"), 4);
  const taken t = take(p.far, 4);
  EXPECT_EQ(t.result, os::message_too_long);
  EXPECT_TRUE(t.descriptors.empty());
  EXPECT_EQ(next_free_descriptor(), free_before);
  EXPECT_EQ(take(p.far).text, "next");
}

TEST(message_socket, no_number_left_for_a_descriptor_is_told) {
  const message_pair p;
  const std::vector<int> passed(8, p.near.get());
  EXPECT_EQ(send(p.near, "with eight", passed), 10);
  EXPECT_EQ(send(p.near, "next"), 4);
  const int free_before = next_free_descriptor();
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit tight = {.rlim_cur = static_cast<rlim_t>(free_before) + 3,
                        .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  const taken t = take(p.far);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(os::to_errc(t.result), rondo::errc::too_many_descriptors);
  EXPECT_TRUE(t.descriptors.empty());
  EXPECT_EQ(next_free_descriptor(), free_before) << "what had found a number is closed again";
  EXPECT_EQ(take(p.far).text, "next");
}

TEST(message_socket, knows_its_kind) {
  const message_pair p;
  EXPECT_EQ(os::check_message_socket(p.near.get()), 0);
  const os::fd tcp(os::open_tcp_socket(false, false));
  EXPECT_LT(os::check_message_socket(tcp.get()), 0);
  const os::fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_LT(os::check_message_socket(file.get()), 0);
}

}  // namespace
