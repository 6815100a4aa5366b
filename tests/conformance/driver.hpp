#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/io/backend.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/messages.hpp>
#include <rondo/os/socket.hpp>

namespace rondo::conformance {

/// An op that counts how often it was completed: exactly once is right.
struct asked_op : io::op {
  int completions = 0;
  bool finished() const noexcept { return completions > 0; }
};

/// Messages with the memory they name, all in place for as long as this is.
class messages {
 public:
  /// Room for `count` messages of `size` bytes each.
  messages(std::size_t count, std::size_t size);
  explicit messages(const std::vector<std::string>& texts);

  std::vector<os::message_slot> slots;
  std::string text(std::size_t index) const { return texts_[index].substr(0, slots[index].size); }

 private:
  void link();

  std::vector<std::string> texts_;
  std::vector<const_buffer> pieces_;
};

/// The least that a loop does with a backend. Every wait has a deadline, after which the test fails
/// with a sentence instead of hanging. Owns the ops and the memory they name, so that a failed test
/// may return early: the backend goes first.
class driver {
 public:
  explicit driver(io::backend_kind kind);
  ~driver();

  io::backend& backend() noexcept { return *backend_; }

  /// Zeroed memory that lives as long as the driver.
  std::byte* bytes(std::size_t size);

  asked_op& start(io::op_kind kind, int fd, void* data = nullptr, std::size_t size = 0);
  asked_op& receive_some(int fd) { return start(io::op_kind::receive_some, fd); }
  asked_op& receive(int fd, std::size_t size) {
    return start(io::op_kind::receive, fd, bytes(size), size);
  }
  asked_op& send(int fd, std::string_view text);
  asked_op& connect(int fd, const socket_address& address);
  /// Receives into, or sends, all of `what`, which outlives the op.
  asked_op& receive(int fd, messages& what) {
    return start(io::op_kind::receive_messages, fd, what.slots.data(), what.slots.size());
  }
  asked_op& send(int fd, messages& what) {
    return start(io::op_kind::send_messages, fd, what.slots.data(), what.slots.size());
  }

  /// One turn: waits for at most `timeout` and completes what is finished. -> how many were.
  int turn(duration timeout);
  /// Turns until `condition` holds. Throws, naming `what`, where it does not within the deadline.
  void until(const std::function<bool()>& condition, std::string_view what);
  /// Turns until `o` is completed. -> its result
  int finish(asked_op& o);
  /// Turns that must complete nothing, for as long as the backend has anything to say.
  void settle();

  /// The bytes of a finished receive or receive_some; a lent buffer is given back.
  std::string take(asked_op& o);

  /// Reads with receive_some until `size` bytes have come.
  std::string read_exactly(int fd, std::size_t size);

  std::size_t pending() const noexcept { return pending_; }

 private:
  void complete(asked_op& o);

  owned<io::backend> backend_;
  std::list<asked_op> ops_;
  std::list<std::vector<std::byte>> memory_;
  std::size_t pending_ = 0;
  int lent_ = 0;
};

constexpr duration watchdog = duration::seconds(20);

/// A listening socket of ours, as `backend` wants it, on a free port of the loopback.
os::fd listen_on_loopback(io::backend& backend, bool v6 = false, int backlog = 1024);
socket_address address_of(int fd);

/// A peer: an ordinary blocking socket, whose calls give up after the watchdog's time.
os::fd connect_peer(const socket_address& to);
void write_all(int fd, std::string_view text);
std::string read_exactly(int fd, std::size_t size);
/// Until `size` bytes, the end, or an error. Throws nothing, and so may run on a thread.
std::string read_up_to(int fd, std::size_t size);
/// Sends a reset instead of an end.
void reset(os::fd& peer);

/// `ours` is meant for the backend, `peer` for blocking calls. Whoever uses `ours` closes it.
struct connection {
  int ours = -1;
  os::fd peer;
};
connection connect_pair(io::backend& backend, bool v6 = false);

/// A pair of datagram sockets (of unix(7)) that lose nothing.
connection message_pair(io::backend& backend);
/// The same; nothing more can be sent from `ours` until `peer` has read. -> how many it holds
connection full_message_pair(io::backend& backend, int& held);

/// Text whose every place is told apart: a byte that is lost, doubled or moved is found.
std::string numbered_text(std::size_t size);

/// What every suite is instantiated with: all that this machine grants.
std::vector<io::backend_kind> granted_backends();
std::string backend_name(const ::testing::TestParamInfo<io::backend_kind>& info);

/// Every test of the suite runs on every backend that this machine grants.
class conformance : public ::testing::TestWithParam<io::backend_kind> {
 protected:
  void TearDown() override {
    EXPECT_EQ(d.pending(), 0u) << "ops that were never completed";
    d.until([&] { return io.closing() == 0; }, "the closes");
  }

  driver d{GetParam()};
  io::backend& io = d.backend();
};

}  // namespace rondo::conformance
