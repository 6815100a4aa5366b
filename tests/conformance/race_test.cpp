// Cancel against completion, thousands of times: whichever wins, nothing is lost and nothing is
// done twice. The other side runs on a thread of its own, so the two really race.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include <algorithm>
#include <latch>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "conformance/driver.hpp"
#include "support/seed.hpp"

#include <rondo/os/errors.hpp>

namespace rondo::conformance {
namespace {

/// A thread that is held back until the first op has been cancelled, so that each test sees both
/// outcomes.
class rival {
 public:
  template <class F>
  explicit rival(F f)
      : thread_([this, f] {
          latch_.wait();
          f();
        }) {}
  ~rival() { start(); }  // before it is joined, so that a failed test ends

  void start() {
    if (!std::exchange(started_, true)) latch_.count_down();
  }
  bool is_started() const { return started_; }
  void join() { thread_.join(); }

 private:
  bool started_ = false;  // the starter's own
  std::latch latch_{1};
  std::jthread thread_;
};

class race : public conformance {
 protected:
  /// Turns a random number of times, then mostly (always, where nothing will come) asks `o` to end,
  /// then waits for what came of it.
  int race_to_the_end(asked_op& o, bool something_comes = true) {
    for (std::uint64_t turns = random() % 3; turns > 0 && !o.finished(); --turns) {
      d.turn(duration::microseconds(static_cast<std::int64_t>(random() % 50)));
    }
    if (!o.finished() && (!something_comes || random() % 8 != 0)) io.cancel(o);
    const int result = d.finish(o);
    ++(result == os::cancelled ? cancelled : completed);
    return result;
  }

  void TearDown() override {
    EXPECT_GT(cancelled, 0);
    EXPECT_GT(completed, 0);
    conformance::TearDown();
  }

  std::mt19937_64 random{testing::seed()};
  int cancelled = 0;
  int completed = 0;
};

TEST_P(race, received_bytes_are_all_there_once) {
  constexpr std::size_t size = 32;
  constexpr std::byte untouched{0xee};
  std::vector<std::byte*> given_back;  // memory of cancelled reads, which nobody may write to
  while (cancelled + completed < 4000) {
    const connection c = connect_pair(io);
    const std::string text = numbered_text(5'000);
    rival writer([&, seed = random()] {
      std::mt19937_64 sizes(seed);
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t piece = std::min<std::size_t>(text.size() - at, 1 + sizes() % 25);
        write_all(c.peer.get(), std::string_view(text).substr(at, piece));
        at += piece;
        if (sizes() % 4 == 0) std::this_thread::yield();
      }
    });
    std::string received;
    while (received.size() < text.size()) {
      const bool lent = random() % 2 == 0;
      std::byte* const memory = lent ? nullptr : d.bytes(size);
      asked_op& read = lent ? d.receive_some(c.ours)
                            : d.start(io::op_kind::receive, c.ours, memory, 1 + random() % size);
      const int result = race_to_the_end(read, writer.is_started());
      writer.start();
      if (result == os::cancelled && !lent) {
        std::fill_n(memory, size, untouched);
        given_back.push_back(memory);
      }
      if (result <= 0 && result != os::cancelled) break;
      received += d.take(read);
    }
    writer.join();
    io.close(c.ours);
    ASSERT_TRUE(received == text) << received.size() << " bytes of " << text.size();
  }
  for (const std::byte* memory : given_back) {
    ASSERT_TRUE(std::all_of(memory, memory + size, [&](std::byte b) { return b == untouched; }));
  }
  d.until([&] { return io.closing() == 0; }, "the closes");
}

TEST_P(race, reads_behind_each_other_keep_the_order) {
  for (int round = 0; round < 10; ++round) {
    const connection c = connect_pair(io);
    const std::string text = numbered_text(4'000);
    rival writer([&] {
      for (std::size_t at = 0; at < text.size(); at += 10) {
        write_all(c.peer.get(), std::string_view(text).substr(at, 10));
        if (at % 50 == 0) std::this_thread::yield();
      }
    });
    std::string received;
    while (received.size() < text.size()) {
      std::vector<asked_op*> reads;
      for (int i = 0; i < 4; ++i) {
        const bool lent = random() % 4 == 0;
        reads.push_back(lent ? &d.receive_some(c.ours) : &d.receive(c.ours, 1 + random() % 8));
      }
      d.turn(duration::microseconds(static_cast<std::int64_t>(random() % 30)));
      for (asked_op* read : reads) {
        if (!read->finished() && random() % 3 == 0) io.cancel(*read);
      }
      // What is not cancelled yet may wait for bytes that never come.
      for (asked_op* read : reads) {
        if (!read->finished()) io.cancel(*read);
      }
      for (asked_op* read : reads) {
        ++(d.finish(*read) == os::cancelled ? cancelled : completed);
        received += d.take(*read);
      }
      writer.start();
    }
    writer.join();
    EXPECT_TRUE(received == text) << received.size() << " bytes of " << text.size();
    io.close(c.ours);
  }
}

TEST_P(race, sent_bytes_are_counted_truly) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const int ours = ends[0];
  os::fd peer(ends[1]);
  os::set_nonblocking(ours, io.wants_nonblocking());
  ASSERT_EQ(os::set_option(ours, os::option::send_buffer, 4096), 0);
  const std::string text = numbered_text(4'000'000);
  std::string received;
  rival reader([&] { received = read_up_to(peer.get(), text.size()); });
  std::size_t sent = 0;
  while (sent < text.size()) {
    const std::size_t size = std::min<std::size_t>(text.size() - sent, 1 + random() % 5'000);
    asked_op& o = d.send(ours, std::string_view(text).substr(sent, size));
    const int result = race_to_the_end(o, reader.is_started());
    if (result == os::cancelled) {
      reader.start();
      continue;
    }
    if (result <= 0) break;
    sent += static_cast<std::size_t>(result);
  }
  reader.start();
  io.close(ours);
  reader.join();
  EXPECT_EQ(sent, text.size());
  EXPECT_TRUE(received == text);
}

TEST_P(race, accepted_connections_are_all_there_once) {
  constexpr int count = 1000;
  os::fd listener = listen_on_loopback(io);
  const socket_address address = address_of(listener.get());
  rival client([&] {
    for (int i = 0; i < count; ++i) {
      os::fd peer = connect_peer(address);
      write_all(peer.get(), std::string(reinterpret_cast<const char*>(&i), sizeof i));
      if (i % 3 == 0) std::this_thread::yield();
    }
  });
  std::set<int> seen;
  while (seen.size() < count) {
    const int result =
        race_to_the_end(d.start(io::op_kind::accept, listener.get()), client.is_started());
    client.start();
    if (result == os::cancelled) continue;
    if (result < 0) break;
    int number = -1;
    memcpy(&number, d.read_exactly(result, sizeof number).data(), sizeof number);
    EXPECT_TRUE(seen.insert(number).second) << number << " came twice";
    io.close(result);
  }
  client.join();
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(count));
  io.close(listener.release());
  d.until([&] { return io.closing() == 0; }, "the closes");
}

/// A listener that other processes share is left as a server leaves it: the last accept is
/// cancelled, and closed once that has come to nothing. Nobody who connects meanwhile is lost: who
/// was not accepted waits for the others.
TEST_P(race, a_shared_listener_is_left_without_losing_anybody) {
  constexpr int count = 20;
  while (cancelled < 300) {
    os::fd listener = listen_on_loopback(io);
    const os::fd others(fcntl(listener.get(), F_DUPFD_CLOEXEC, 0));
    std::vector<os::fd> peers;
    rival client([&, address = address_of(listener.get())] {
      for (int i = 0; i < count; ++i) peers.push_back(connect_peer(address));
    });
    std::vector<int> accepted;
    client.start();
    for (;;) {
      const int result = race_to_the_end(d.start(io::op_kind::accept, listener.get()), false);
      if (result == os::cancelled) break;
      ASSERT_GE(result, 0);
      accepted.push_back(result);
    }
    io.close(listener.release());
    d.until([&] { return io.closing() == 0; }, "the close");
    client.join();
    os::set_nonblocking(others.get(), true);
    for (int fd = 0; (fd = os::accept(others.get(), true)) >= 0;) accepted.push_back(fd);
    EXPECT_EQ(accepted.size(), static_cast<std::size_t>(count));
    for (const int fd : accepted) io.close(fd);
  }
}

TEST_P(race, close_against_arrival_completes_each_op_once) {
  for (int i = 0; i < 500; ++i) {
    connection c = connect_pair(io);
    asked_op& lent = d.receive_some(c.ours);
    asked_op& own = d.receive(c.ours, 10);
    if (random() % 2 == 0) d.turn(duration());
    std::jthread writer([&] {
      if (i == 0) return;  // so that at least one pair is sure to be cancelled
      for (const char* word : {"some", "more"}) {
        send(c.peer.get(), word, 4, MSG_NOSIGNAL);  // fails where the close came first
      }
    });
    d.turn(duration::microseconds(static_cast<std::int64_t>(random() % 40)));
    io.close(c.ours);
    for (asked_op* o : {&lent, &own}) {
      const int result = d.finish(*o);
      EXPECT_TRUE(result > 0 || result == os::cancelled) << result;
      ++(result > 0 ? completed : cancelled);
      d.take(*o);
    }
    writer.join();
  }
  d.until([&] { return io.closing() == 0; }, "the closes");
}

INSTANTIATE_TEST_SUITE_P(on, race, ::testing::ValuesIn(granted_backends()), backend_name);

}  // namespace
}  // namespace rondo::conformance
