// A loop in miniature, and peers that block. Fails loudly instead of hanging.
#include "conformance/driver.hpp"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <stdexcept>

#include <rondo/os/clock.hpp>
#include <rondo/os/errors.hpp>

namespace rondo::conformance {
namespace {

int must(int result, const char* what) {
  if (result < 0) throw os::make_error(result, what);
  return result;
}

}  // namespace

driver::driver(io::backend_kind kind) {
  result<owned<io::backend>> made = io::make_backend(kind);
  if (!made) throw std::runtime_error(made.error().what());
  backend_ = std::move(*made);
}

driver::~driver() {
  EXPECT_EQ(lent_, 0) << "buffers that were not given back";
}

std::byte* driver::bytes(std::size_t size) {
  return memory_.emplace_back(size + 1).data();  // so that it is never null
}

asked_op& driver::start(io::op_kind kind, int fd, void* data, std::size_t size) {
  asked_op& o = ops_.emplace_back();
  o.kind = kind;
  o.fd = fd;
  o.data = data;
  o.size = static_cast<std::uint32_t>(size);
  o.run = [](job& j) { ++static_cast<asked_op&>(j).completions; };
  ++pending_;
  if (backend_->submit(o) == io::submission::done) complete(o);
  return o;
}

messages::messages(std::size_t count, std::size_t size)
    : slots(count), texts_(count, std::string(size, '\0')) {
  link();
}

messages::messages(const std::vector<std::string>& texts) : slots(texts.size()), texts_(texts) {
  link();
}

void messages::link() {
  pieces_.resize(slots.size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    pieces_[i] = {texts_[i].data(), texts_[i].size()};
    slots[i].pieces = &pieces_[i];
    slots[i].piece_count = 1;
  }
}

asked_op& driver::send(int fd, std::string_view text) {
  std::byte* const copy = bytes(text.size());
  memcpy(copy, text.data(), text.size());
  return start(io::op_kind::send, fd, copy, text.size());
}

asked_op& driver::connect(int fd, const socket_address& address) {
  std::byte* const copy = bytes(address.size());
  memcpy(copy, address.data(), address.size());
  return start(io::op_kind::connect, fd, copy, address.size());
}

void driver::complete(asked_op& o) {
  o.at = io::op::stage::idle;
  --pending_;
  if (o.kind == io::op_kind::receive_some) {
    EXPECT_EQ(o.buffer != io::op::no_buffer, o.result > 0) << "lent exactly where bytes came";
    if (o.buffer != io::op::no_buffer) ++lent_;
  }
  o.run(o);
  EXPECT_EQ(o.completions, 1) << "completed more than once: " << to_string(o.kind);
}

int driver::turn(duration timeout) {
  job_queue completed;
  if (const int failed = backend_->wait(timeout, completed); failed < 0) {
    throw os::make_error(failed, "backend::wait");
  }
  int count = 0;
  for (; job* const j = completed.pop(); ++count) {
    asked_op& o = static_cast<asked_op&>(*j);
    EXPECT_EQ(o.at, io::op::stage::finished);
    complete(o);
  }
  return count;
}

void driver::until(const std::function<bool()>& condition, std::string_view what) {
  const instant deadline = real_clock().now() + watchdog;
  while (!condition()) {
    if (real_clock().now() >= deadline) {
      throw std::runtime_error("waited in vain: " + std::string(what));
    }
    turn(duration::milliseconds(200));
  }
}

int driver::finish(asked_op& o) {
  until([&] { return o.finished(); }, to_string(o.kind));
  return o.result;
}

void driver::settle() {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(turn(duration()), 0);
}

std::string driver::take(asked_op& o) {
  if (o.result <= 0) return {};
  std::string text(static_cast<const char*>(o.data), static_cast<std::size_t>(o.result));
  if (o.buffer != io::op::no_buffer) {
    backend_->give_back(o.buffer);
    o.buffer = io::op::no_buffer;
    --lent_;
  }
  return text;
}

std::string driver::read_exactly(int fd, std::size_t size) {
  std::string text;
  while (text.size() < size) {
    asked_op& o = receive_some(fd);
    if (const int got = finish(o); got <= 0) {
      throw std::runtime_error("the stream ended early, with " + std::to_string(got));
    }
    text += take(o);
  }
  return text;
}

os::fd listen_on_loopback(io::backend& backend, bool v6, int backlog) {
  os::fd listener(must(os::open_tcp_socket(v6, backend.wants_nonblocking()), "socket"));
  const socket_address any = *socket_address::from_host(v6 ? "::1" : "127.0.0.1", 0);
  must(os::bind(listener.get(), any), "bind");
  must(os::listen(listener.get(), backlog), "listen");
  return listener;
}

socket_address address_of(int fd) {
  socket_address address;
  must(os::local_address(fd, address), "getsockname");
  return address;
}

os::fd connect_peer(const socket_address& to) {
  os::fd peer(must(os::open_tcp_socket(to.is_v6(), false), "socket"));
  timeval limit = {};
  limit.tv_sec = watchdog.count_ns() / 1'000'000'000;
  setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(peer.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  int connected = os::connect(peer.get(), to.data(), to.size());
  if (connected == os::in_progress) {
    // Interrupted, without a signal: see the end of uring_ring.
    os::poll_one(peer.get(), false, true, watchdog);
    connected = os::pending_error(peer.get());
  }
  must(connected, "connect");
  return peer;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) throw os::make_error(-errno, "peer's send");
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string read_up_to(int fd, std::size_t size) {
  std::string text(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t got = ::recv(fd, text.data() + filled, size - filled, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    filled += static_cast<std::size_t>(got);
  }
  text.resize(filled);
  return text;
}

std::string read_exactly(int fd, std::size_t size) {
  std::string text = read_up_to(fd, size);
  if (text.size() == size) return text;
  throw std::runtime_error("the peer met the end, or an error, after " +
                           std::to_string(text.size()) + " bytes");
}

void reset(os::fd& peer) {
  must(os::set_option(peer.get(), os::option::linger_seconds, 0), "SO_LINGER");
  peer.reset();
}

connection connect_pair(io::backend& backend, bool v6) {
  const os::fd listener = listen_on_loopback(backend, v6, 1);
  connection made;
  made.peer = connect_peer(address_of(listener.get()));
  // The kernel has finished the handshake, so there is one to take.
  made.ours = must(os::accept(listener.get(), backend.wants_nonblocking()), "accept");
  return made;
}

connection message_pair(io::backend& backend) {
  int ends[2] = {-1, -1};
  const int flags = SOCK_DGRAM | SOCK_CLOEXEC;
  if (socketpair(AF_UNIX, flags, 0, ends) != 0) throw os::make_error(-errno, "socketpair");
  connection c;
  c.ours = ends[0];
  c.peer = os::fd(ends[1]);
  must(os::set_nonblocking(c.ours, backend.wants_nonblocking()), "O_NONBLOCK");
  return c;
}

connection full_message_pair(io::backend& backend, int& held) {
  connection c = message_pair(backend);
  held = 0;
  while (os::send(c.ours, "x", 1) > 0) ++held;
  return c;
}

std::string numbered_text(std::size_t size) {
  std::string text;
  text.reserve(size + 10);
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

std::vector<io::backend_kind> granted_backends() {
  std::vector<io::backend_kind> granted;
  for (const io::candidate& c : io::candidates()) {
    if (c.granted) granted.push_back(c.kind);
  }
  return granted;
}

std::string backend_name(const ::testing::TestParamInfo<io::backend_kind>& info) {
  return to_string(info.param);
}

}  // namespace rondo::conformance
