#pragma once

#include <rondo/base/intrusive_list.hpp>
#include <rondo/loop/companion.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo::dns::detail {

/// Who is told that a socket is ready.
class socket_owner {
 public:
  virtual void is_ready(int fd, bool to_read, bool to_write) noexcept = 0;

 protected:
  ~socket_owner() = default;
};

/// A socket of c-ares, watched by the loop. It is closed through the loop, and then lives on until
/// the backend has let go of its operations.
class watched_socket : public list_hook<watched_socket> {
 public:
  /// Whether it is to be told of. From the owner's calls only.
  void watch(bool to_read, bool to_write) noexcept;
  /// Closes the descriptor. Its owner is not told anything any more.
  void close() noexcept;
  int descriptor() const noexcept { return fd_; }

 private:
  friend class sockets_of_loop;  // NOLINT(cppcoreguidelines-virtual-class-destructor): final, below
  struct side : io::op {
    watched_socket* socket = nullptr;
    bool is_pending = false;
    bool is_wanted = false;
  };

  watched_socket(loop& l, int fd, socket_owner& owner) noexcept;
  void ask(side& s) noexcept;
  void go_if_done() noexcept;
  static void has_ended(job& j);

  loop* loop_;
  int fd_;
  socket_owner* owner_;  // null once it is closed
  side reading_;
  side writing_;
};

/// All of a loop's, for its end: then they go only when the backend has let go of them, too.
class sockets_of_loop final : public loop_companion {
 public:
  /// Made when it is first asked for.
  static sockets_of_loop& of(loop& l);

  watched_socket& add(int fd, socket_owner& owner);

  bool discard(job& j) noexcept override;
  void loop_ends() noexcept override;

 private:
  explicit sockets_of_loop(loop& l) noexcept;
  static const char key;

  loop* loop_;
  intrusive_list<watched_socket, watched_socket> all_;
};

}  // namespace rondo::dns::detail
