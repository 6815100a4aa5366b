// Messages between processes. The backends only tell when the socket is ready; the calls are made
// here, since descriptors travel in a form that no operation of theirs knows. A message never is
// empty on the wire: the tag goes with it, so 0 bytes can only be the end.
#include <new>
#include <string>
#include <utility>

#include <rondo/net/ipc_channel.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/message_socket.hpp>

namespace rondo {

// The channel
// ---------------------------------------------------------------------------------------

result<ipc_channel> ipc_channel::adopt(loop& l, os::fd end) {
  int outcome = os::check_message_socket(end.get());
  if (outcome >= 0 && l.backend().wants_nonblocking()) {
    outcome = os::set_nonblocking(end.get(), true);
  }
  if (outcome < 0) {
    return std::unexpected(os::make_error(outcome, "adopt as an ipc_channel",
                                          "descriptor " + std::to_string(end.get())));
  }
  return ipc_channel(l, end.release());
}

result<ipc_channel> ipc_channel::pair(loop& l, os::fd& other) {
  os::fd near;
  const int outcome = os::open_message_pair(near, other);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "open a pair of sockets"));
  return adopt(l, std::move(near));
}

void ipc_channel::close() noexcept {
  if (fd_ < 0) return;
  loop_->close(std::exchange(fd_, -1));
  while (ipc_awaiter* const a = awaited_.pop_front()) a->channel_ = nullptr;
}

void ipc_channel::take(ipc_channel& other) noexcept {
  loop_ = other.loop_;
  fd_ = std::exchange(other.fd_, -1);
  awaited_.append(other.awaited_);
  awaited_.for_each([this](ipc_awaiter& a) { a.channel_ = this; });
}

// Both awaits
// ---------------------------------------------------------------------------------------

ipc_awaiter::ipc_awaiter(ipc_channel& on, io::op_kind until, site where) noexcept
    : io_awaiter(on.fd_, until, where), channel_(&on) {
  run = &step;
}

bool ipc_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  if (!channel_->is_open()) {
    adopt(context);
    result = context.cancel_pending() ? os::cancelled : os::bad_descriptor;
    return false;
  }
  if (!is_to_start(context, waiting, *channel_->loop_)) return false;
  channel_->awaited_.push_back(*this);
  do {
    if (!again()) return true;
  } while (!settled());
  return false;
}

/// The socket is ready, or will never be: tries. False where that was a false alarm.
bool ipc_awaiter::settled() {
  if (result < 0) return true;
  if (channel_ == nullptr) {
    result = os::cancelled;  // closed meanwhile: the number may be somebody else's
  } else {
    result = attempt();
  }
  return result != os::would_block;
}

void ipc_awaiter::step(job& j) {
  auto& self = static_cast<ipc_awaiter&>(static_cast<io::op&>(j));
  if (!self.is_with_line()) return;
  do {
    if (self.settled()) return self.go_on();
  } while (self.again());
}

void ipc_awaiter::end() noexcept {
  end_wait();
  unlink();
}

// send
// ---------------------------------------------------------------------------------------

ipc_send_awaiter::ipc_send_awaiter(ipc_channel& to, const ipc_parcel& what, site where) noexcept
    : ipc_awaiter(to, io::op_kind::writable, where), parcel_(what) {}

int ipc_send_awaiter::attempt() noexcept {
  if (parcel_.bytes.size() > ipc_channel::max_bytes) return os::message_too_long;
  const const_buffer pieces[] = {{parcel_.bytes.data(), parcel_.bytes.size()}, {&parcel_.tag, 1}};
  return os::send_message(fd, pieces, parcel_.descriptors);
}

rondo::result<void> ipc_send_awaiter::finish() {
  end();
  if (failed()) return std::unexpected(failure("send a message"));
  return {};
}

void ipc_send_awaiter::await_resume() {
  end();
  if (failed()) [[unlikely]]
    throw_failure("send a message");
}

// receive
// ---------------------------------------------------------------------------------------

ipc_receive_awaiter::ipc_receive_awaiter(ipc_channel& from, site where) noexcept
    : ipc_awaiter(from, io::op_kind::readable, where) {}

/// The memory is got when the size is known, so a channel that waits holds none.
int ipc_receive_awaiter::attempt() noexcept try {
  const int size = os::waiting_message(fd);
  if (size <= 0) return size;
  message_.bytes.resize(static_cast<std::size_t>(size));
  const int got =
      os::receive_message(fd, message_.bytes.data(), message_.bytes.size(), message_.descriptors);
  if (got <= 0) return got;
  message_.bytes.resize(static_cast<std::size_t>(got));
  message_.tag = static_cast<std::uint8_t>(message_.bytes.back());
  message_.bytes.pop_back();
  return got;
} catch (const std::bad_alloc&) {
  return os::no_buffer_space;  // the message waits on
}

rondo::result<std::optional<ipc_message>> ipc_receive_awaiter::finish() {
  end();
  if (failed()) return std::unexpected(failure("receive a message"));
  std::optional<ipc_message> received;
  if (result > 0) received = std::move(message_);
  return received;
}

std::optional<ipc_message> ipc_receive_awaiter::await_resume() {
  end();
  if (failed()) [[unlikely]]
    throw_failure("receive a message");
  std::optional<ipc_message> received;
  if (result > 0) received = std::move(message_);
  return received;
}

}  // namespace rondo
