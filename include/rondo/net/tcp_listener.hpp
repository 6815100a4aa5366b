#pragma once

#include <string_view>

#include <rondo/base/timer_heap.hpp>
#include <rondo/net/accept_backoff.hpp>
#include <rondo/net/tcp_stream.hpp>
#include <rondo/os/fd.hpp>

namespace rondo {

class tcp_listener;

/// How to listen.
struct listen_options {
  listen_options() noexcept = default;

  int backlog = 4096;         ///< the kernel clips it to net.core.somaxconn
  bool reuse_address = true;  ///< rebind at once after a restart
  bool reuse_port = false;    ///< several listeners on one port; the kernel spreads connections
  bool v6_only = false;       ///< an IPv6 listener that takes no IPv4 connections
  bool no_delay = true;       ///< for the accepted streams, which inherit it
};

/// Awaits the next connection.
class [[nodiscard]] accept_awaiter : public io_awaiter {
 public:
  accept_awaiter(tcp_listener& from, site where) noexcept;
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  tcp_stream await_resume();
  rondo::result<tcp_stream> finish();
  as_result_awaiter<accept_awaiter> as_result() && noexcept {
    return as_result_awaiter<accept_awaiter>(*this);
  }

 private:
  /// The pause after an exhausted accept, as a timer that leads back here.
  struct pause : timer {
    accept_awaiter* owner = nullptr;
  };

  friend class tcp_listener;

  bool start(task_context& context, std::coroutine_handle<> waiting);
  bool settled();
  void take_shared() noexcept;
  void cancel() noexcept;
  static const wait_kind kind_of_wait;
  void listener_closes() noexcept;
  void end_pause() noexcept;
  static void step(job& j);
  static void after_pause(job& j);

  tcp_listener* listener_;  // null once that has been closed
  accept_awaiter* next_ = nullptr;
  pause pause_;
  accept_backoff backoff_;
};

class bind_awaiter;

/// A listening TCP socket. Thread: the loop's. Lifetime: within the loop's.
class tcp_listener {
  using site = std::source_location;

 public:
  using bind_options = listen_options;  ///< for who binds any kind of socket: see shard::bind

  tcp_listener() noexcept = default;  ///< closed
  tcp_listener(tcp_listener&& other) noexcept { take(other); }
  tcp_listener& operator=(tcp_listener&& other) noexcept {
    if (this != &other) {
      close();
      take(other);
    }
    return *this;
  }
  ~tcp_listener() { close(); }

  /// Binds and listens, port 0 meaning a free one (see `local_address`). Inside a task:
  /// `co_await tcp_listener::bind("127.0.0.1:7000")`, which throws `error`.
  static bind_awaiter bind(std::string_view address, listen_options options = {});
  static bind_awaiter bind(socket_address address, listen_options options = {});
  /// Outside.
  static result<tcp_listener> bind(loop& l, const socket_address& address,
                                   listen_options options = {});

  /// Takes over a socket that listens already and that other processes (or descriptors) share: from
  /// a service manager, a supervisor, a parent. Its close leaves the socket to the others, and what
  /// waits in the backlog with it. Nothing is accepted that nobody awaits (io_uring otherwise
  /// accepts ahead), so none is lost with this process. Makes the socket non-blocking for all who
  /// share it. Fails with `errc::invalid_argument` where it is something else;
  /// `descriptor` is closed then.
  static result<tcp_listener> adopt(loop& l, os::fd descriptor);

  /// The next connection. Where descriptors or memory have run out it pauses (10 ms, doubling up to
  /// 1 s) and tries again, so that nothing spins and nothing is lost: clients wait in the backlog.
  accept_awaiter accept(site where = site::current()) noexcept {
    return accept_awaiter(*this, where);
  }

  /// How often accepting had to pause so far.
  std::uint64_t pauses() const noexcept { return pauses_; }

  /// Ends an accept that is awaited (`errc::closed`) and closes. Idempotent.
  void close() noexcept;
  bool is_open() const noexcept { return fd_ >= 0; }
  result<socket_address> local_address() const;
  int descriptor() const noexcept { return fd_; }

 private:
  friend class accept_awaiter;

  tcp_listener(loop& l, int descriptor) noexcept : loop_(&l), fd_(descriptor) {}
  void take(tcp_listener& other) noexcept;

  void forget(accept_awaiter& a) noexcept;

  loop* loop_ = nullptr;
  int fd_ = -1;
  bool shared_ = false;
  std::uint64_t pauses_ = 0;
  accept_awaiter* awaited_ =
      nullptr;  // those that wait, to be told of the close; nearly always one
};

/// Awaits a `bind`, which does not wait, only to learn on which loop.
class [[nodiscard]] bind_awaiter {
 public:
  bind_awaiter(result<socket_address> address, listen_options options) noexcept
      : address_(std::move(address)), options_(options) {}
  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) noexcept {
    loop_ = &loop_of(waiting.promise().context());
    return false;
  }
  tcp_listener await_resume();

 private:
  result<socket_address> address_;
  listen_options options_;
  loop* loop_ = nullptr;
};

}  // namespace rondo
