// The logic of the slots, on a poller that says what the test wants and writes down what it is
// told. The sockets are real, so that "would block" is.
#include "io/readiness_backend.hpp"

#include <errno.h>
#include <gtest/gtest.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <rondo/os/errors.hpp>

#include "io/pollers.hpp"
#include "support/seed.hpp"

namespace rondo::io {
namespace {

struct script {
  std::vector<readiness> next;  // told by the next wait
  std::map<int, interest> watched;
  std::vector<std::string> calls;
  duration timeout;  // of the last wait
  int refusal = 0;   // the answer to the next watch
};

class scripted_poller final : public poller {
 public:
  scripted_poller(script& s, bool edges) : script_(s), edges_(edges) {}

  int watch(int fd, interest before, interest want) noexcept override {
    const auto known = script_.watched.find(fd);
    EXPECT_EQ(known == script_.watched.end() ? interest::none : known->second, before);
    EXPECT_TRUE(any(want));
    if (script_.refusal != 0) return script_.refusal;
    script_.watched[fd] = want;
    script_.calls.push_back("watch " + std::to_string(static_cast<int>(want)));
    return 0;
  }
  void forget(int fd) noexcept override {
    EXPECT_EQ(script_.watched.erase(fd), 1u);
    script_.calls.push_back("forget");
  }
  int wait(duration timeout, std::span<readiness> ready) noexcept override {
    script_.timeout = timeout;
    const auto told = std::copy(script_.next.begin(), script_.next.end(), ready.begin());
    script_.next.clear();
    return static_cast<int>(told - ready.begin());
  }
  void wake() noexcept override {}
  bool edge_triggered() const noexcept override { return edges_; }
  const char* name() const noexcept override { return "scripted"; }

 private:
  script& script_;
  bool edges_;
};

class readiness_test : public ::testing::TestWithParam<bool> {
 protected:
  readiness_test() {
    int ends[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    ours = ends[0];
    peer = ends[1];
  }
  ~readiness_test() override {
    b.close(ours);
    ::close(peer);
    job_queue rest;
    b.wait(duration(), rest);
  }

  bool edges() const { return GetParam(); }

  submission start(op& o, op_kind kind, void* data = nullptr, std::uint32_t size = 0) {
    o.fd = ours;
    o.kind = kind;
    o.data = data;
    o.size = size;
    return b.submit(o);
  }
  /// Waits once, with `what` being told of our descriptor. -> the finished ops, oldest first
  std::vector<op*> told(interest what) {
    if (any(what)) s.next.push_back({ours, what});
    job_queue completed;
    EXPECT_EQ(b.wait(duration::max(), completed), 0);
    std::vector<op*> finished;
    while (job* j = completed.pop()) finished.push_back(static_cast<op*>(j));
    return finished;
  }
  void peer_writes(std::string_view text) {
    ASSERT_EQ(write(peer, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  script s;
  int ours = -1;
  int peer = -1;
  readiness_backend b{make_owned<scripted_poller>(s, GetParam()), 2};
  char memory[16] = {};
};

TEST_P(readiness_test, tries_first_and_watches_only_what_would_block) {
  peer_writes("here already");
  op read;
  EXPECT_EQ(start(read, op_kind::receive, memory, 16), submission::done);
  EXPECT_EQ(read.result, 12);
  EXPECT_EQ(read.at, op::stage::idle);
  EXPECT_TRUE(s.calls.empty());
}

TEST_P(readiness_test, after_a_short_read_the_next_waits_without_a_call) {
  peer_writes("first");
  op read;
  EXPECT_EQ(start(read, op_kind::receive, memory, 16), submission::done);
  peer_writes("second");
  // A call would find these bytes: that the op pends shows that there was none.
  EXPECT_EQ(start(read, op_kind::receive, memory, 16), submission::pending);
  EXPECT_EQ(told(interest::none).size(), 0u);
  EXPECT_EQ(told(interest::read), std::vector<op*>{&read});
  EXPECT_EQ(read.result, 6);
}

TEST_P(readiness_test, after_a_full_read_the_next_is_tried) {
  peer_writes("abcdef");
  op read;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(start(read, op_kind::receive, memory, 2), submission::done);
    EXPECT_EQ(read.result, 2);
  }
  EXPECT_EQ(start(read, op_kind::receive, memory, 2), submission::pending);
  b.cancel(read);
  EXPECT_EQ(told(interest::none), std::vector<op*>{&read});
}

TEST_P(readiness_test, an_end_that_was_told_is_read_to_the_end) {
  op read;
  EXPECT_EQ(start(read, op_kind::receive, memory, 16), submission::pending);
  peer_writes("last");
  shutdown(peer, SHUT_WR);
  EXPECT_EQ(told(interest::read | interest::ended), std::vector<op*>{&read});
  EXPECT_EQ(read.result, 4);
  // No edge will come again, so the short read must not have silenced the descriptor.
  EXPECT_EQ(start(read, op_kind::receive, memory, 16), submission::done);
  EXPECT_EQ(read.result, 0);
  EXPECT_EQ(start(read, op_kind::receive, memory, 16), submission::done);
  EXPECT_EQ(read.result, 0);
}

TEST_P(readiness_test, one_event_serves_those_who_wait_and_no_more) {
  op first;
  op second;
  op third;
  EXPECT_EQ(start(first, op_kind::receive, memory, 2), submission::pending);
  EXPECT_EQ(start(second, op_kind::receive, memory + 2, 2), submission::pending);
  peer_writes("abcdef");
  EXPECT_EQ(told(interest::read), (std::vector<op*>{&first, &second}));
  EXPECT_EQ(std::string(memory, 4), "abcd");
  EXPECT_EQ(start(third, op_kind::receive, memory, 2), submission::done);
  EXPECT_EQ(std::string(memory, 2), "ef");
}

TEST_P(readiness_test, an_event_for_nothing_changes_nothing) {
  op read;
  EXPECT_EQ(start(read, op_kind::receive, memory, 16), submission::pending);
  EXPECT_TRUE(told(interest::both).empty());
  EXPECT_EQ(read.at, op::stage::waiting);
  peer_writes("x");
  EXPECT_EQ(told(interest::read), std::vector<op*>{&read});
}

TEST_P(readiness_test, an_event_of_a_forgotten_descriptor_is_ignored) {
  op read;
  EXPECT_EQ(start(read, op_kind::receive, memory, 16), submission::pending);
  b.close(ours);
  EXPECT_EQ(told(interest::both), std::vector<op*>{&read});
  ours = -1;
  EXPECT_EQ(read.result, os::cancelled);
  EXPECT_TRUE(s.watched.empty());
}

TEST_P(readiness_test, watches_what_the_kind_of_poller_needs) {
  op read;
  op written;
  EXPECT_EQ(start(read, op_kind::receive, memory, 16), submission::pending);
  while (send(ours, memory, 16, MSG_NOSIGNAL) > 0) continue;
  EXPECT_EQ(start(written, op_kind::send, memory, 16), submission::pending);
  if (edges()) {
    EXPECT_EQ(s.calls, std::vector<std::string>{"watch 3"});
  } else {
    EXPECT_EQ(s.calls, (std::vector<std::string>{"watch 1", "watch 3"}));
  }
  b.cancel(written);
  b.cancel(read);
  EXPECT_EQ(told(interest::none), (std::vector<op*>{&written, &read}));
  if (edges()) {
    EXPECT_EQ(s.calls.size(), 1u) << "interest is for the life of the descriptor";
  } else {
    EXPECT_EQ(s.calls, (std::vector<std::string>{"watch 1", "watch 3", "watch 1", "forget"}));
  }
}

TEST_P(readiness_test, a_refused_watch_is_the_result) {
  op read;
  s.refusal = -ENOSPC;
  EXPECT_EQ(start(read, op_kind::receive, memory, 16), submission::done);
  EXPECT_EQ(read.result, -ENOSPC);
  s.refusal = 0;
  EXPECT_EQ(start(read, op_kind::receive, memory, 16), submission::pending);
  b.close(ours);
  EXPECT_EQ(told(interest::none), std::vector<op*>{&read});
  ours = -1;
}

TEST_P(readiness_test, a_cancelled_op_does_not_let_the_wait_sleep) {
  op read;
  start(read, op_kind::receive, memory, 16);
  told(interest::none);
  EXPECT_EQ(s.timeout, duration::max());
  b.cancel(read);
  EXPECT_EQ(told(interest::none), std::vector<op*>{&read});
  EXPECT_EQ(s.timeout, duration());
}

TEST_P(readiness_test, an_idle_reader_holds_no_buffer) {
  op read;
  EXPECT_EQ(start(read, op_kind::receive_some), submission::pending);
  EXPECT_EQ(b.buffers().lent(), 0u);
  EXPECT_TRUE(told(interest::read).empty());
  EXPECT_EQ(b.buffers().lent(), 0u);
  peer_writes("bytes");
  told(interest::read);
  EXPECT_EQ(b.buffers().lent(), 1u);
  b.give_back(read.buffer);
}

TEST_P(readiness_test, without_buffers_an_op_waits_until_one_is_given_back) {
  op reads[3];
  for (op& read : reads) {
    peer_writes("x");
    start(read, op_kind::receive_some);
    if (read.at == op::stage::waiting) told(interest::read);
  }
  EXPECT_EQ(reads[2].at, op::stage::waiting);
  EXPECT_TRUE(b.buffers().exhausted());
  EXPECT_TRUE(told(edges() ? interest::read : interest::none).empty());
  EXPECT_EQ(s.timeout, duration::max()) << "it must not spin either";
  if (!edges()) {
    EXPECT_FALSE(s.watched.contains(ours)) << "nor be told again and again";
  }

  b.give_back(reads[0].buffer);
  EXPECT_EQ(told(interest::none), std::vector<op*>{&reads[2]});
  EXPECT_EQ(s.timeout, duration());
  EXPECT_EQ(reads[2].result, 1);
  b.give_back(reads[1].buffer);
  b.give_back(reads[2].buffer);
}

TEST_P(readiness_test, a_starved_reader_does_not_hold_up_one_with_its_own_memory) {
  op reads[3];
  for (op& read : reads) {
    peer_writes("x");
    start(read, op_kind::receive_some);
    if (read.at == op::stage::waiting) told(interest::read);
  }
  op own;
  EXPECT_EQ(start(own, op_kind::receive, memory, 16), submission::pending);
  b.cancel(reads[2]);
  EXPECT_EQ(told(interest::none), (std::vector<op*>{&reads[2], &own}));
  EXPECT_EQ(own.result, 1);
  EXPECT_EQ(start(own, op_kind::receive, memory, 16), submission::pending);
  peer_writes("y");
  EXPECT_EQ(told(interest::read), std::vector<op*>{&own});
  b.give_back(reads[0].buffer);
  b.give_back(reads[1].buffer);
  EXPECT_TRUE(told(interest::none).empty());
}

INSTANTIATE_TEST_SUITE_P(poller, readiness_test, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "edges" : "levels"; });

class starving : public ::testing::TestWithParam<result<owned<poller>> (*)()> {};

TEST_P(starving, readers_are_fed_in_turn) {
  // Many descriptors with bytes, few buffers: each gets its bytes, whoever closes is skipped.
  readiness_backend b(std::move(*GetParam()()), 3);
  constexpr int count = 40;
  std::vector<op> reads(count);
  int ours[count];
  int peers[count];
  for (int i = 0; i < count; ++i) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    ours[i] = ends[0];
    peers[i] = ends[1];
    reads[static_cast<std::size_t>(i)].fd = ours[i];
    reads[static_cast<std::size_t>(i)].kind = op_kind::receive_some;
    ASSERT_EQ(b.submit(reads[static_cast<std::size_t>(i)]), submission::pending);
  }
  for (const int peer : peers) ASSERT_EQ(write(peer, "x", 1), 1);
  int fed = 0;
  int cancelled = 0;
  std::vector<std::uint16_t> lent;
  for (int turn = 0; fed + cancelled < count && turn < 1000; ++turn) {
    job_queue completed;
    ASSERT_EQ(b.wait(duration::milliseconds(10), completed), 0);
    while (job* j = completed.pop()) {
      const op& o = *static_cast<op*>(j);
      ++(o.result == 1 ? fed : cancelled);
      if (o.result == 1) lent.push_back(o.buffer);
    }
    EXPECT_LE(lent.size(), 3u);
    if (turn == 2) b.close(ours[count / 2]);
    if (!lent.empty()) {
      b.give_back(lent.back());
      lent.pop_back();
    }
  }
  EXPECT_EQ(fed + cancelled, count);
  EXPECT_LE(cancelled, 1);
  while (!lent.empty()) {
    b.give_back(lent.back());
    lent.pop_back();
  }
  for (int i = 0; i < count; ++i) {
    if (i != count / 2) b.close(ours[i]);
    ::close(peers[i]);
  }
}

INSTANTIATE_TEST_SUITE_P(on, starving,
                         ::testing::Values(&make_epoll_poller, &make_poll_poller,
                                           &make_select_poller),
                         [](const auto& info) { return (*info.param())->name(); });

}  // namespace
}  // namespace rondo::io
