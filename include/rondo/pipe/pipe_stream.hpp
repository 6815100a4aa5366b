#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/async/io_awaiter.hpp>
#include <rondo/base/label.hpp>
#include <rondo/os/fd.hpp>

namespace rondo {

class pipe_end;

/// An await on a pipe: waits until the pipe is ready, then transfers, so that the kernel never
/// holds the buffer. It hears when the end is closed meanwhile: the number may be somebody else's
/// by then.
class pipe_awaiter : public io_awaiter {
 protected:
  pipe_awaiter(pipe_end& on, io::op_kind what, std::byte* from, std::size_t count,
               site where) noexcept;

  bool start(task_context& context, std::coroutine_handle<> waiting);
  /// First of all in `finish`.
  void end_steps() noexcept;
  error failure_of_pipe(std::string_view operation) const;
  [[noreturn]] void throw_failure_of_pipe(std::string_view operation) const;

  std::byte* begin_;
  std::size_t left_;
  std::size_t transferred_ = 0;

 private:
  friend class pipe_end;

  /// Takes note of a readiness, and transfers. True where the await is over.
  bool advance() noexcept;
  static void step(job& j);

  pipe_end* end_;  // null once that has been closed
  pipe_awaiter* next_ = nullptr;
};

/// Awaits some bytes in the caller's buffer.
class [[nodiscard]] pipe_read_awaiter : public pipe_awaiter {
 public:
  pipe_read_awaiter(pipe_end& from, std::span<std::byte> into, site where) noexcept
      : pipe_awaiter(from, io::op_kind::readable, into.data(), into.size(), where) {}
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  std::size_t await_resume();
  rondo::result<std::size_t> finish();
  as_result_awaiter<pipe_read_awaiter> as_result() && noexcept {
    return as_result_awaiter<pipe_read_awaiter>(*this);
  }
};

/// Awaits that all of it is in the pipe.
class [[nodiscard]] pipe_write_awaiter : public pipe_awaiter {
 public:
  pipe_write_awaiter(pipe_end& to, std::span<const std::byte> bytes, site where) noexcept
      : pipe_awaiter(to, io::op_kind::writable, const_cast<std::byte*>(bytes.data()), bytes.size(),
                     where) {}
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  void await_resume();
  rondo::result<void> finish();
  as_result_awaiter<pipe_write_awaiter> as_result() && noexcept {
    return as_result_awaiter<pipe_write_awaiter>(*this);
  }
};

/// How an end of a pipe is taken over.
struct pipe_options {
  pipe_options() noexcept = default;
  explicit pipe_options(label called, bool is_shared = false) noexcept
      : name(std::move(called)), shared(is_shared) {}

  label name = "a pipe";  ///< what errors call it
  /// Other processes have the same open file, as those of one terminal have. It stays blocking for
  /// their sake (O_NONBLOCK would be theirs, too), and is read and written in a way that does not
  /// wait all the same.
  bool shared = false;
};

/// What both ends of a pipe have in common. Thread: as that of a `tcp_stream`: the loop's, or that
/// of whichever task uses it. Lifetime: within the loop's.
class pipe_end {
 public:
  pipe_end(pipe_end&& other) noexcept { take(other); }
  pipe_end& operator=(pipe_end&& other) noexcept {
    if (this != &other) {
      close();
      take(other);
    }
    return *this;
  }
  ~pipe_end() { close(); }

  /// Ends all awaits on it (they throw `errc::closed`) and closes it. Idempotent.
  void close() noexcept;
  bool is_open() const noexcept { return fd_ >= 0; }
  /// What errors call it.
  const char* name() const noexcept { return name_.c_str(); }
  /// For what has no name here. Still owned by the stream.
  int descriptor() const noexcept { return fd_; }

 protected:
  using site = std::source_location;

  pipe_end() noexcept = default;
  pipe_end(loop& l, os::fd descriptor, pipe_options how) noexcept;

 private:
  friend class pipe_awaiter;
  void take(pipe_end& other) noexcept;

  loop* loop_ = nullptr;
  int fd_ = -1;
  bool shared_ = false;
  label name_;
  pipe_awaiter* awaited_ = nullptr;  // to be told of the close
};

/// The end of a pipe that one reads from.
class pipe_reader : public pipe_end {
 public:
  pipe_reader() noexcept = default;  ///< closed
  /// Takes over the descriptor, and makes it non-blocking unless it is shared.
  pipe_reader(loop& l, os::fd descriptor, pipe_options how = pipe_options()) noexcept
      : pipe_end(l, std::move(descriptor), std::move(how)) {}

  /// At least one byte, at most `into.size()`; 0 at the end of the stream, once nobody holds the
  /// other end any more (or for no room). What a cancel meets has taken nothing.
  pipe_read_awaiter read(std::span<std::byte> into, site where = site::current()) noexcept {
    return {*this, into, where};
  }
  /// All until the end of the stream. Fails with `errc::message_too_long` where that is more than
  /// `limit` bytes. Dropped by a failure or a cancel.
  task<std::string> read_all(std::size_t limit = std::size_t{64} << 20);
};

/// The end of a pipe that one writes to.
class pipe_writer : public pipe_end {
 public:
  pipe_writer() noexcept = default;  ///< closed
  /// Takes over the descriptor, and makes it non-blocking unless it is shared.
  pipe_writer(loop& l, os::fd descriptor, pipe_options how = pipe_options()) noexcept
      : pipe_end(l, std::move(descriptor), std::move(how)) {}

  /// All of it. `errc::broken_pipe` where nobody reads any more; never a SIGPIPE. After a failure
  /// or a cancel some of it may have been written.
  pipe_write_awaiter write_all(std::span<const std::byte> bytes,
                               site where = site::current()) noexcept {
    return {*this, bytes, where};
  }
  pipe_write_awaiter write_all(std::string_view text, site where = site::current()) noexcept {
    return {*this, std::as_bytes(std::span(text)), where};
  }
};

/// The two ends of one pipe, both ours: for parts of a program that hand each other bytes, or to
/// give one of them to a program (see `stdio::descriptor`).
struct pipe_ends {
  pipe_reader reader;
  pipe_writer writer;
};

/// A new pipe, with both ends on the loop. Fails where descriptors have run out.
result<pipe_ends> make_pipe(loop& l);
/// The same on the loop of the task. Does not suspend. Throws `error`.
task<pipe_ends> make_pipe();

}  // namespace rondo
