// The stream itself: its life, its options, connecting, and the bytes that were read but not wanted
// yet. How reads and writes are awaited is in tcp_awaiters.cpp.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include <rondo/net/tcp_stream.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/task/crew.hpp>

#include "net/kept_bytes.hpp"

namespace rondo {

void tcp_stream::close() noexcept {
  if (loop_ != nullptr && fd_ >= 0) {
    loop_->close(std::exchange(fd_, -1));
  } else {
    os::fd(std::exchange(fd_, -1)).reset();
  }
  delete std::exchange(kept_, nullptr);
  while (awaited_ != nullptr) {
    awaited_->stream_ = nullptr;
    awaited_ = awaited_->next_;
  }
}

/// One thread accepts for all. If its loop served all streams, the others would only steal what
/// these make ready, and wait for that one loop with each operation.
loop& tcp_stream::new_home(const task_context& user) noexcept {
  crew* const team = user.moves() ? user.runs_on().member_of() : nullptr;
  return team != nullptr ? loop_of(team->next_home()) : loop_of(user);
}

void tcp_stream::take_awaited(tcp_stream& other) noexcept {
  awaited_ = std::exchange(other.awaited_, nullptr);
  for (stepwise_awaiter* a = awaited_; a != nullptr; a = a->next_) a->stream_ = this;
}

result<void> tcp_stream::shutdown(os::direction which) noexcept {
  const int outcome = os::shutdown(fd_, which);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "shutdown"));
  return {};
}

result<void> tcp_stream::set_option(os::option which, int value) noexcept {
  const int outcome = os::set_option(fd_, which, value);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "set a socket option"));
  return {};
}

result<int> tcp_stream::option(os::option which) const noexcept {
  int value = 0;
  const int outcome = os::get_option(fd_, which, value);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "read a socket option"));
  return value;
}

result<socket_address> tcp_stream::local_address() const {
  socket_address address;
  const int outcome = os::local_address(fd_, address);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "local address"));
  return address;
}

result<socket_address> tcp_stream::remote_address() const {
  socket_address address;
  const int outcome = os::remote_address(fd_, address);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "remote address"));
  return address;
}

// Bytes that were read and not wanted yet
// -----------------------------------------------------------

void tcp_stream::unread(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const std::size_t behind = kept_ != nullptr ? kept_->size() : 0;
  owned<kept_bytes> joined(new kept_bytes(bytes.size() + behind));
  std::memcpy(joined->begin, bytes.data(), bytes.size());
  if (behind > 0) std::memcpy(joined->begin + bytes.size(), kept_->begin, behind);
  delete kept_;
  kept_ = joined.release();
}

std::size_t tcp_stream::take_kept(std::byte* into, std::size_t room) noexcept {
  const std::size_t count = std::min(room, kept_->size());
  if (count > 0)
    std::memcpy(into, kept_->begin, count);  // `into` may be null where there is no room
  kept_->begin += count;
  if (kept_->size() == 0) delete std::exchange(kept_, nullptr);
  return count;
}

// Connecting
// ----------------------------------------------------------------------------------------

connect_awaiter tcp_stream::connect(socket_address to, connect_options options, site where) {
  return {to, options, where};
}

connect_awaiter tcp_stream::connect(std::string_view to, connect_options options, site where) {
  return {socket_address::parse(to), options, where};
}

connect_awaiter::connect_awaiter(rondo::result<socket_address> to, connect_options options,
                                 site where) noexcept
    : io_awaiter(-1, io::op_kind::connect, where), to_(std::move(to)), options_(options) {
  deadline_.run = &expire;
  run = [](job& j) { static_cast<connect_awaiter&>(static_cast<io::op&>(j)).go_on_in_place(); };
}

connect_awaiter::~connect_awaiter() {
  if (fd >= 0) home().close(fd);
}

bool connect_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  adopt(context);
  if (!to_ || context.cancel_pending()) {
    result = os::cancelled;
    return false;
  }
  loop& l = loop_of(context);
  fd = os::open_tcp_socket(to_->is_v6(), l.backend().wants_nonblocking());
  if (fd < 0) {
    result = fd;
    return false;
  }
  if (options_.no_delay) os::set_option(fd, os::option::no_delay, 1);
  data = to_->data();
  size = to_->size();
  deadline_.owner = this;
  if (options_.timeout != duration::max()) l.arm(deadline_, l.now() + options_.timeout);
  if (!is_to_start(context, waiting, l)) return false;
  may_be_lent = false;  // the deadline leads here, too
  return !again();
}

void connect_awaiter::expire(job& j) {
  connect_awaiter& self = *static_cast<deadline&>(j).owner;
  self.expired_ = true;
  self.home().cancel(self);
}

rondo::result<tcp_stream> connect_awaiter::finish() {
  end_wait();
  loop& l = loop_of(context());
  l.disarm(deadline_);
  if (to_ && result >= 0) return tcp_stream(l, std::exchange(fd, -1));
  return std::unexpected(why_not());
}

error connect_awaiter::why_not() const {
  if (!to_) return to_.error();
  const std::string subject = to_->to_string();
  if (result != os::cancelled) return os::make_error(result, "connect", subject);
  if (cancel_is_pending()) return os::make_error(errc::cancelled, "connect", subject);
  return os::make_error(expired_ ? errc::timed_out : errc::closed, "connect", subject);
}

tcp_stream connect_awaiter::await_resume() {
  auto connected = finish();
  if (connected) return std::move(*connected);
  if (connected.error().code() == errc::cancelled) context().throw_cancelled();
  throw std::move(connected).error();
}

}  // namespace rondo
