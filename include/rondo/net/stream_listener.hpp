#pragma once

#include <rondo/base/timer_heap.hpp>
#include <rondo/net/accept_backoff.hpp>
#include <rondo/net/socket_file.hpp>
#include <rondo/net/stream_socket.hpp>

namespace rondo {

class stream_listener;

/// The await of the next connection, whatever it is a stream of.
class accept_wait : public io_awaiter {
 public:
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }

 protected:
  accept_wait(stream_listener& from, site where) noexcept;
  /// First of all in `finish`. -> the descriptor, or what went wrong
  rondo::result<int> taken();
  /// The same; throws instead.
  int taken_or_throw();

 private:
  /// The pause after an exhausted accept, as a timer that leads back here.
  struct pause : timer {
    accept_wait* owner = nullptr;
  };

  friend class stream_listener;

  bool start(task_context& context, std::coroutine_handle<> waiting);
  bool settled();
  void take_shared() noexcept;
  void cancel() noexcept;
  static const wait_kind kind_of_wait;
  void listener_closes() noexcept;
  void end_pause() noexcept;
  static void step(job& j);
  static void after_pause(job& j);

  stream_listener* listener_;  // null once that has been closed
  accept_wait* next_ = nullptr;
  pause pause_;
  accept_backoff backoff_;
};

/// Awaits the next connection.
template <class Stream>
class [[nodiscard]] accept_awaiter_of : public accept_wait {
 public:
  accept_awaiter_of(stream_listener& from, site where) noexcept : accept_wait(from, where) {}
  Stream await_resume() { return Stream(taken_or_throw()); }
  rondo::result<Stream> finish() {
    auto descriptor = taken();
    if (!descriptor) return std::unexpected(std::move(descriptor).error());
    return Stream(*descriptor);
  }
  as_result_awaiter<accept_awaiter_of> as_result() && noexcept {
    return as_result_awaiter<accept_awaiter_of>(*this);
  }
};

/// A listening socket, of whatever family: what a `tcp_listener` and a `unix_listener` have in
/// common, and either of them where the difference does not matter. Thread: the loop's. Lifetime:
/// within the loop's.
class stream_listener {
  using site = std::source_location;

 public:
  stream_listener() noexcept = default;  ///< closed
  stream_listener(stream_listener&& other) noexcept { take(other); }
  stream_listener& operator=(stream_listener&& other) noexcept {
    if (this != &other) {
      close();
      take(other);
    }
    return *this;
  }
  ~stream_listener() { close(); }

  /// The next connection. Where descriptors or memory have run out it pauses (10 ms, doubling up to
  /// 1 s) and tries again, so that nothing spins and nothing is lost: clients wait in the backlog.
  accept_awaiter_of<stream_socket> accept(site where = site::current()) noexcept {
    return {*this, where};
  }

  /// How often accepting had to pause so far.
  std::uint64_t pauses() const noexcept { return pauses_; }

  /// Ends an accept that is awaited (`errc::closed`) and closes. Idempotent.
  void close() noexcept;
  bool is_open() const noexcept { return fd_ >= 0; }
  int descriptor() const noexcept { return fd_; }

 protected:
  /// Whether other processes (or descriptors) have a part in the socket.
  enum class sharing : bool { ours, shared };

  stream_listener(loop& l, int descriptor, sharing how) noexcept
      : loop_(&l), fd_(descriptor), shared_(how == sharing::shared) {}
  /// The file goes when the listener is closed.
  void own_file(owned<socket_file> file) noexcept { file_ = std::move(file); }

 private:
  friend class accept_wait;

  void take(stream_listener& other) noexcept;
  void forget(accept_wait& a) noexcept;

  loop* loop_ = nullptr;
  int fd_ = -1;
  bool shared_ = false;
  std::uint64_t pauses_ = 0;
  accept_wait* awaited_ = nullptr;  // those that wait, to be told of the close; nearly always one
  owned<socket_file> file_;
};

}  // namespace rondo
