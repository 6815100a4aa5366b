// Many at once: connections up to the descriptor limit, and buffers that are lent and not returned.
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "conformance/driver.hpp"
#include "support/seed.hpp"

#include <rondo/os/errors.hpp>

namespace rondo::conformance {
namespace {

using many = conformance;

/// Raises the limit as far as this process may, until it goes.
class raised_limit {
 public:
  raised_limit() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit raised = before_;
    raised.rlim_cur = raised.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit_ = raised.rlim_cur;
  }
  ~raised_limit() { setrlimit(RLIMIT_NOFILE, &before_); }
  std::size_t descriptors() const { return limit_; }

 private:
  rlimit before_ = {};
  std::size_t limit_ = 1024;
};

/// Moves a descriptor out of the way of a backend that can only use low numbers.
void move_above(os::fd& fd, int floor) {
  const int moved = fcntl(fd.get(), F_DUPFD_CLOEXEC, floor);
  if (moved >= 0) fd.reset(moved);
}

TEST_P(many, connections_are_all_served) {
  const raised_limit limit;
  const std::size_t spare = 200;
  std::size_t count = std::min<std::size_t>(10'000, (limit.descriptors() - spare) / 2);
  const bool low_numbers_only = GetParam() == io::backend_kind::select;
  if (low_numbers_only) count = std::min<std::size_t>(count, FD_SETSIZE - spare);
  os::fd listener = listen_on_loopback(io, false, 4096);
  const socket_address address = address_of(listener.get());

  std::vector<connection> all(count);
  std::vector<asked_op*> reads(count);
  for (std::size_t i = 0; i < count; ++i) {
    // Connected first: to wait for each would cost poll the square of their number.
    all[i].peer = connect_peer(address);
    if (low_numbers_only) move_above(all[i].peer, FD_SETSIZE);
    all[i].ours = d.finish(d.start(io::op_kind::accept, listener.get()));
    ASSERT_GE(all[i].ours, 0) << "connection " << i;
    reads[i] = &d.receive_some(all[i].ours);
  }
  d.settle();

  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937_64(testing::seed()));
  for (const std::size_t i : order) write_all(all[i].peer.get(), "to " + std::to_string(i));
  for (std::size_t i = 0; i < count; ++i) {
    d.finish(*reads[i]);
    ASSERT_EQ(d.take(*reads[i]), "to " + std::to_string(i));
    ASSERT_EQ(d.finish(d.send(all[i].ours, "ok")), 2);
  }
  for (connection& c : all) {
    EXPECT_EQ(read_exactly(c.peer.get(), 2), "ok");
    d.receive_some(c.ours);
    reset(c.peer);  // leaves nothing behind in TIME_WAIT
    io.close(c.ours);
  }
  io.close(listener.release());
  d.until([&] { return d.pending() == 0 && io.closing() == 0; }, "the closes");
}

TEST_P(many, lent_buffers_are_apart_and_stay_as_they_are) {
  const connection c = connect_pair(io);
  struct lease {
    asked_op* read;
    std::string expected;
  };
  std::vector<lease> lent;
  for (int i = 0; i < 2'000; ++i) {
    asked_op& read = d.receive_some(c.ours);
    const std::string text = "number " + std::to_string(i);
    write_all(c.peer.get(), text);
    // A backend may have fewer buffers than that, but then it waits for one to come back.
    d.turn(duration());
    d.turn(duration());
    if (!read.finished() && lent.size() > 100) {
      EXPECT_EQ(d.take(*lent.front().read), lent.front().expected);
      lent.erase(lent.begin());
    }
    ASSERT_EQ(d.finish(read), static_cast<int>(text.size()));
    lent.push_back({&read, text});
  }
  std::set<std::uint16_t> ids;
  for (const lease& l : lent) EXPECT_TRUE(ids.insert(l.read->buffer).second);
  std::shuffle(lent.begin(), lent.end(), std::mt19937_64(testing::seed()));
  for (const lease& l : lent) EXPECT_EQ(d.take(*l.read), l.expected);
  io.close(c.ours);
}

TEST_P(many, a_lease_outlives_its_descriptor) {
  const connection c = connect_pair(io);
  asked_op& read = d.receive_some(c.ours);
  write_all(c.peer.get(), "to be kept");
  d.finish(read);
  io.close(c.ours);
  d.until([&] { return io.closing() == 0; }, "the close");
  EXPECT_EQ(d.take(read), "to be kept");
}

TEST_P(many, leases_larger_than_a_buffer_come_in_pieces) {
  const connection c = connect_pair(io);
  const std::string text = numbered_text(100'000);
  write_all(c.peer.get(), text);
  EXPECT_TRUE(d.read_exactly(c.ours, text.size()) == text);
  io.close(c.ours);
}

TEST(many_on_select, refuses_numbers_beyond_its_sets) {
  const raised_limit limit;
  if (limit.descriptors() < 2 * FD_SETSIZE) GTEST_SKIP() << "no descriptor is beyond the bound";
  driver d(io::backend_kind::select);
  io::backend& io = d.backend();
  connection c = connect_pair(io);
  const int high = fcntl(c.ours, F_DUPFD_CLOEXEC, FD_SETSIZE);
  ASSERT_GE(high, FD_SETSIZE);
  asked_op& refused = d.receive_some(high);
  EXPECT_EQ(d.finish(refused), -EMFILE);
  EXPECT_TRUE(os::is_exhaustion(refused.result));
  io.close(high);
  asked_op& low = d.receive_some(c.ours);
  write_all(c.peer.get(), "served");
  EXPECT_EQ(d.finish(low), 6);
  EXPECT_EQ(d.take(low), "served");
  io.close(c.ours);
}

INSTANTIATE_TEST_SUITE_P(on, many, ::testing::ValuesIn(granted_backends()), backend_name);

}  // namespace
}  // namespace rondo::conformance
