// The stream itself: its life, its options, connecting, and the bytes that were read but not wanted
// yet. How reads and writes are awaited is in tcp_awaiters.cpp.
#include <algorithm>
#include <cstring>

#include <rondo/async/timeout.hpp>
#include <rondo/net/tcp_stream.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>

#include "net/kept_bytes.hpp"

namespace rondo {

void tcp_stream::close() noexcept {
  if (fd_ >= 0) loop_->close(std::exchange(fd_, -1));
  delete std::exchange(kept_, nullptr);
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
  std::memcpy(into, kept_->begin, count);
  kept_->begin += count;
  if (kept_->size() == 0) delete std::exchange(kept_, nullptr);
  return count;
}

// Connecting
// ----------------------------------------------------------------------------------------

namespace {

/// The connect itself, on a socket that the caller owns.
class [[nodiscard]] connect_awaiter : public io_awaiter {
 public:
  connect_awaiter(int descriptor, const socket_address& to, std::source_location from) noexcept
      : io_awaiter(descriptor, io::op_kind::connect, from), to_(&to) {
    data = const_cast<void*>(to.data());  // only read: see op_kind::connect
    size = to.size();
  }
  void await_resume() {
    end_wait();
    if (result >= 0) return;
    if (result == os::cancelled) throw_failure(failure("connect"));
    throw os::make_error(result, "connect", to_->to_string());
  }

 private:
  const socket_address* to_;
};

task<tcp_stream> connect_now(socket_address to, bool no_delay, std::source_location where) {
  loop& l = co_await this_loop();
  os::fd socket(os::open_tcp_socket(to.is_v6(), l.backend().wants_nonblocking()));
  if (!socket) throw os::make_error(os::last_error(), "socket", to.to_string());
  if (no_delay) os::set_option(socket.get(), os::option::no_delay, 1);
  tcp_stream stream(l, socket.release());
  co_await connect_awaiter(stream.descriptor(), to, where);
  co_return stream;
}

}  // namespace

task<tcp_stream> tcp_stream::connect(socket_address to, connect_options options, site where) {
  if (options.timeout == duration::max())
    co_return co_await connect_now(to, options.no_delay, where);
  co_return co_await with_timeout(options.timeout, connect_now(to, options.no_delay, where), where);
}

task<tcp_stream> tcp_stream::connect(std::string_view to, connect_options options, site where) {
  auto address = socket_address::parse(to);
  if (!address) throw std::move(address).error();
  co_return co_await connect(*address, options, where);
}

}  // namespace rondo
