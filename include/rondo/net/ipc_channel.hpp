#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <rondo/async/io_awaiter.hpp>
#include <rondo/base/intrusive_list.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/socket.hpp>

namespace rondo {

class ipc_channel;

/// What came through an `ipc_channel`.
struct ipc_message {
  std::uint8_t tag = 0;  ///< what the sender called it
  std::vector<std::byte> bytes;
  std::vector<os::fd> descriptors;  ///< ours now, close-on-exec

  std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

/// What goes into one. All that it names is used until the await ends; descriptors are copied to
/// the peer and stay open here.
struct ipc_parcel {
  ipc_parcel() noexcept = default;
  template <class Text>
    requires std::is_convertible_v<const Text&, std::string_view>
  ipc_parcel(const Text& text) noexcept  // NOLINT(google-explicit-constructor): `send("hello")`
      : bytes(std::as_bytes(std::span(std::string_view(text)))) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  ipc_parcel(std::span<const std::byte> of) noexcept : bytes(of) {}
  ipc_parcel(std::span<const std::byte> of, std::span<const int> with) noexcept
      : bytes(of), descriptors(with) {}

  std::span<const std::byte> bytes;
  std::span<const int> descriptors;  ///< at most 253
  std::uint8_t tag = 0;
};

/// The part of both awaits: tries, waits until the socket may be ready, and tries again.
class ipc_awaiter : public io_awaiter, public list_hook<> {
 public:
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }

 protected:
  ipc_awaiter(ipc_channel& on, io::op_kind until, site where) noexcept;
  ~ipc_awaiter() = default;

  void end() noexcept;
  bool failed() const noexcept { return result < 0; }

 private:
  friend class ipc_channel;

  /// A count, or a negated errno; `would_block` where the socket was not ready.
  virtual int attempt() noexcept = 0;

  bool start(task_context& context, std::coroutine_handle<> waiting);
  bool settled();
  static void step(job& j);

  ipc_channel* channel_;  // null once that has been closed
};

/// Awaits that a message has been handed to the kernel.
class [[nodiscard]] ipc_send_awaiter final : public ipc_awaiter {
 public:
  ipc_send_awaiter(ipc_channel& to, const ipc_parcel& what, site where) noexcept;
  void await_resume();
  rondo::result<void> finish();
  as_result_awaiter<ipc_send_awaiter> as_result() && noexcept {
    return as_result_awaiter<ipc_send_awaiter>(*this);
  }

 private:
  int attempt() noexcept override;

  ipc_parcel parcel_;
};

/// Awaits the next message.
class [[nodiscard]] ipc_receive_awaiter final : public ipc_awaiter {
 public:
  ipc_receive_awaiter(ipc_channel& from, site where) noexcept;
  std::optional<ipc_message> await_resume();
  rondo::result<std::optional<ipc_message>> finish();
  as_result_awaiter<ipc_receive_awaiter> as_result() && noexcept {
    return as_result_awaiter<ipc_receive_awaiter>(*this);
  }

 private:
  int attempt() noexcept override;

  ipc_message message_;
};

/// Messages between two processes of one machine, whole, in order, and with descriptors: one end of
/// a pair of sockets (unix(7), SOCK_SEQPACKET), the other of which goes to the peer. Any task may
/// send while any receives; where several send, each message is whole.
///
/// Nothing is lost by a cancel: a send that throws `cancelled` has sent nothing, a receive that
/// throws it has taken nothing. Thread: the loop's. Lifetime: within the loop's.
class ipc_channel {
  using site = std::source_location;

 public:
  /// The longest message. What is longer goes through a stream, or a file whose descriptor is sent.
  static constexpr std::size_t max_bytes = 64 * 1024;

  ipc_channel() noexcept = default;  ///< closed
  ipc_channel(ipc_channel&& other) noexcept { take(other); }
  ipc_channel& operator=(ipc_channel&& other) noexcept {
    if (this != &other) {
      close();
      take(other);
    }
    return *this;
  }
  ~ipc_channel() { close(); }

  /// One end, of `pair` or from another process. `error` where it is no such socket.
  static result<ipc_channel> adopt(loop& l, os::fd end);
  /// A new channel: this end of it, and in `other` the one to be passed on.
  static result<ipc_channel> pair(loop& l, os::fd& other);

  /// Waits while the peer has much to read. Throws `error`: `broken_pipe` where the peer is gone,
  /// `message_too_long`, `invalid_argument` for too many descriptors.
  ipc_send_awaiter send(const ipc_parcel& what, site where = site::current()) noexcept {
    return ipc_send_awaiter(*this, what, where);
  }

  /// The next message; nothing once the peer is gone and all that it sent has been received. Throws
  /// `error` with `too_many_descriptors` where those that came with a message find no room in this
  /// process: that message is lost, the channel goes on.
  ipc_receive_awaiter receive(site where = site::current()) noexcept {
    return ipc_receive_awaiter(*this, where);
  }

  /// Ends what is awaited (`errc::closed`) and closes. Idempotent.
  void close() noexcept;
  bool is_open() const noexcept { return fd_ >= 0; }
  int descriptor() const noexcept { return fd_; }

 private:
  friend class ipc_awaiter;

  ipc_channel(loop& l, int descriptor) noexcept : loop_(&l), fd_(descriptor) {}
  void take(ipc_channel& other) noexcept;

  loop* loop_ = nullptr;
  int fd_ = -1;
  intrusive_list<ipc_awaiter> awaited_;
};

}  // namespace rondo
