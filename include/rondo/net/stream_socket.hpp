#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <rondo/async/io_awaiter.hpp>
#include <rondo/net/io_buffer.hpp>
#include <rondo/net/socket_handle.hpp>
#include <rondo/os/socket.hpp>

namespace rondo {

class stream_socket;

/// Awaits some bytes in the caller's buffer.
class [[nodiscard]] read_awaiter : public io_awaiter {
 public:
  read_awaiter(stream_socket& from, std::span<std::byte> into, site where) noexcept;
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  std::size_t await_resume();
  rondo::result<std::size_t> finish();
  as_result_awaiter<read_awaiter> as_result() && noexcept {
    return as_result_awaiter<read_awaiter>(*this);
  }

 private:
  bool start(task_context& context, std::coroutine_handle<> waiting);
  stream_socket* stream_;
};

/// Awaits some bytes in a buffer that the backend lends.
class [[nodiscard]] read_some_awaiter : public io_awaiter {
 public:
  read_some_awaiter(stream_socket& from, site where) noexcept;
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  io_buffer await_resume();
  rondo::result<io_buffer> finish();
  as_result_awaiter<read_some_awaiter> as_result() && noexcept {
    return as_result_awaiter<read_some_awaiter>(*this);
  }

 private:
  bool start(task_context& context, std::coroutine_handle<> waiting);
  io_buffer taken() noexcept;
  stream_socket* stream_;
};

/// An await of several steps, each an operation of its own. It hears when the stream is closed
/// between two of them: the descriptor's number may be somebody else's by then.
class stepwise_awaiter : public io_awaiter {
 protected:
  stepwise_awaiter(stream_socket& on, io::op_kind what, site where) noexcept;

  /// Goes on to the next step? Otherwise sets the result.
  bool may_go_on() noexcept;
  /// Whether there is a first step to start; from here on the line waits.
  bool begin_steps(task_context& context, std::coroutine_handle<> waiting) noexcept;
  void end_steps() noexcept;

  stream_socket* stream_;  // null once that has been closed

 private:
  friend class stream_socket;
  stepwise_awaiter* next_ = nullptr;
};

/// Awaits exactly as many bytes as the buffer has room for.
class [[nodiscard]] read_exact_awaiter : public stepwise_awaiter {
 public:
  read_exact_awaiter(stream_socket& from, std::span<std::byte> into, site where) noexcept;
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  void await_resume();
  rondo::result<void> finish();
  as_result_awaiter<read_exact_awaiter> as_result() && noexcept {
    return as_result_awaiter<read_exact_awaiter>(*this);
  }

 private:
  bool start(task_context& context, std::coroutine_handle<> waiting);
  bool advance() noexcept;
  static void step(job& j);

  std::byte* begin_;
  std::byte* end_;
};

/// Awaits that all of one piece, or of several, has been handed to the kernel.
class [[nodiscard]] write_awaiter : public stepwise_awaiter {
 public:
  write_awaiter(stream_socket& to, std::span<const std::byte> bytes, site where) noexcept;
  write_awaiter(stream_socket& to, std::span<const_buffer> pieces, site where) noexcept;
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  void await_resume();
  rondo::result<void> finish();
  as_result_awaiter<write_awaiter> as_result() && noexcept {
    return as_result_awaiter<write_awaiter>(*this);
  }

 private:
  bool start(task_context& context, std::coroutine_handle<> waiting);
  bool advance() noexcept;
  void skip_empty() noexcept;
  static void step(job& j);

  std::size_t left_;  // bytes, or pieces
};

/// A connected stream socket, of whatever family: what a `tcp_stream` and a `unix_stream` have in
/// common, and either of them where the difference does not matter. Reading and writing may be
/// awaited by two lines of execution at once; two reads at once, or two writes, are served in their
/// order, step by step: those of several steps
/// (`read_exact`, `write_all` of much) would mix, so take turns. Every await ends only when the
/// kernel has let go of the buffer, also when it is cancelled; what had been received by then is
/// returned, or stays with the stream.
///
/// An await yields its value or throws `error` (what failed, on what), or `cancelled`; with
/// `.as_result()` it never throws. The end of the stream is a value: no bytes.
///
/// Thread: the loop's; in a runtime of several threads, that of whichever task uses it, two tasks
/// at once only where they stay with each other (children of one `with_scope` or `when_all`). Its
/// operations are served by one loop, that of the task that used it first; where that is a task
/// that moves, by those of all threads in turn. Lifetime: within the loop's.
class stream_socket : public socket_handle {
  using site = std::source_location;

 public:
  stream_socket() noexcept = default;  ///< closed
  /// Takes over a connected descriptor that is as `loop.backend().wants_nonblocking()` says.
  stream_socket(loop& l, int descriptor) noexcept : socket_handle(&l, descriptor) {}
  /// The same for whichever loop is the first to use it.
  explicit stream_socket(int descriptor) noexcept : socket_handle(nullptr, descriptor) {}
  stream_socket(stream_socket&& other) noexcept : socket_handle(std::move(other)) { take(other); }
  stream_socket& operator=(stream_socket&& other) noexcept {
    if (this != &other) {
      close();
      socket_handle::operator=(std::move(other));
      take(other);
    }
    return *this;
  }
  ~stream_socket() { close(); }

  /// At least one byte, at most `into.size()`; 0 at the end of the stream (or for no room).
  read_awaiter read(std::span<std::byte> into, site where = site::current()) noexcept {
    return read_awaiter(*this, into, where);
  }
  /// At least one byte, in a buffer that is lent when they arrive and not before: a connection that
  /// waits costs no buffer. Empty at the end of the stream.
  read_some_awaiter read_some(site where = site::current()) noexcept {
    return read_some_awaiter(*this, where);
  }
  /// All of `into`. Where the stream ends before that: `errc::end_of_stream`. Where it ends, fails
  /// or is cancelled before that, the bytes received so far stay with the stream and are read next.
  read_exact_awaiter read_exact(std::span<std::byte> into, site where = site::current()) noexcept {
    return read_exact_awaiter(*this, into, where);
  }

  /// All of it. After a failure or a cancel some of it may have been sent: the stream is of no more
  /// use for writing, unless the protocol can tell.
  write_awaiter write_all(std::span<const std::byte> bytes, site where = site::current()) noexcept {
    return write_awaiter(*this, bytes, where);
  }
  write_awaiter write_all(std::string_view text, site where = site::current()) noexcept {
    return write_awaiter(*this, std::as_bytes(std::span(text)), where);
  }
  /// Several pieces with as few system calls as can be (at most 1,024 pieces). The array is used
  /// up: its entries move on as they are written.
  write_awaiter write_all(std::span<const_buffer> pieces, site where = site::current()) noexcept {
    return write_awaiter(*this, pieces, where);
  }

  /// Ends one direction; the peer reads the end of the stream after what was written.
  result<void> shutdown(os::direction which = os::direction::write) noexcept;

  /// Ends all operations on the stream (their awaits throw `errc::closed`) and closes it, as soon
  /// as the kernel lets go. Idempotent.
  void close() noexcept;

  /// Puts bytes in front of what will be read next: for who has read too far. Throws
  /// std::bad_alloc.
  void unread(std::span<const std::byte> bytes);

 protected:
  /// Whether a `read_some` may have left bytes with the backend.
  bool reads_ahead() const noexcept { return reads_ahead_; }
  bool has_kept() const noexcept { return kept_ != nullptr; }
  std::size_t take_kept(std::byte* into, std::size_t room) noexcept;

 private:
  friend class read_awaiter;
  friend class read_some_awaiter;
  friend class read_exact_awaiter;
  friend class stepwise_awaiter;

  struct kept_bytes;

  void take(stream_socket& other) noexcept {
    reads_ahead_ = other.reads_ahead_;
    kept_ = std::exchange(other.kept_, nullptr);
    if (other.awaited_ != nullptr) take_awaited(other);
  }
  void take_awaited(stream_socket& other) noexcept;
  bool reads_ahead_ = false;
  kept_bytes* kept_ = nullptr;           // read, and not wanted yet
  stepwise_awaiter* awaited_ = nullptr;  // to be told of the close
};

}  // namespace rondo
