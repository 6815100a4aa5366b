#pragma once

#include <utility>

#include <rondo/base/result.hpp>
#include <rondo/os/socket.hpp>

namespace rondo {

class loop;
class task_context;

/// What every socket is: a descriptor, and the loop whose backend knows it.
class socket_handle {
 public:
  bool is_open() const noexcept { return fd_ >= 0; }

  result<void> set_option(os::option which, int value) noexcept;
  result<int> option(os::option which) const noexcept;

  /// For what has no name here. Still owned by the socket.
  int descriptor() const noexcept { return fd_; }
  /// Served by `l` from now on, where no loop has used it yet: for who uses the descriptor himself.
  void settle(loop& l) noexcept {
    if (loop_ == nullptr) loop_ = &l;
  }
  /// The loop that serves it; the first who uses it decides.
  loop& home(const task_context& user) noexcept {
    if (loop_ == nullptr) loop_ = &new_home(user);
    return *loop_;
  }
  /// Gives the descriptor away, for a socket on another loop. Only while nothing has been received
  /// or sent.
  int release() noexcept { return std::exchange(fd_, -1); }

 protected:
  socket_handle() noexcept = default;
  socket_handle(loop* home, int descriptor) noexcept : loop_(home), fd_(descriptor) {}
  socket_handle(socket_handle&& other) noexcept
      : loop_(other.loop_), fd_(std::exchange(other.fd_, -1)) {}
  socket_handle& operator=(socket_handle&& other) noexcept {
    if (this != &other) {
      close_descriptor();
      loop_ = other.loop_;
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~socket_handle() { close_descriptor(); }

  void close_descriptor() noexcept {
    if (fd_ >= 0) close_open_one();
  }

 private:
  void close_open_one() noexcept;
  static loop& new_home(const task_context& user) noexcept;

  loop* loop_ = nullptr;  // null where none has used it yet
  int fd_ = -1;
};

}  // namespace rondo
