#pragma once

#include <rondo/pipe/pipe_stream.hpp>

namespace rondo {

namespace detail {

/// Owns a descriptor that one can't wait for: the pool reads and writes it. Where it goes while the
/// pool is at it, the descriptor stays open until that has ended.
class plain_stream {
 public:
  plain_stream() noexcept = default;
  explicit plain_stream(os::fd descriptor);
  plain_stream(plain_stream&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  plain_stream& operator=(plain_stream&& other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~plain_stream() { close(); }

  void close() noexcept;
  explicit operator bool() const noexcept { return held_ != nullptr; }
  task<std::size_t> read(std::span<std::byte> into, const char* name);
  task<> write_all(std::span<const std::byte> bytes, const char* name);

 private:
  struct held;  // src/pipe/standard_streams.cpp
  held* held_ = nullptr;
};

}  // namespace detail

/// The standard input, whatever it is. Thread and lifetime: as those of a `pipe_end`.
class input_stream {
 public:
  input_stream() noexcept = default;  ///< closed

  /// At least one byte, at most `into.size()`; 0 at the end. What a cancel meets has taken nothing.
  task<std::size_t> read(std::span<std::byte> into);
  /// All until the end. Fails with `errc::message_too_long` where that is more than `limit` bytes.
  /// Dropped by a failure or a cancel.
  task<std::string> read_all(std::size_t limit = std::size_t{64} << 20);

  /// Ends what waits on it (`errc::closed`), and takes no more. The descriptor 0 itself stays open.
  void close() noexcept;
  bool is_open() const noexcept { return is_empty_ || plain_ || pipe_.is_open(); }

 private:
  friend result<input_stream> standard_input(loop& l);

  pipe_reader pipe_;
  detail::plain_stream plain_;
  bool is_empty_ = false;
};

/// The standard output or error, whatever it is. Thread and lifetime: as those of a `pipe_end`.
class output_stream {
 public:
  output_stream() noexcept = default;  ///< closed

  /// All of it, behind what was written before; what lies in the buffer of <cstdio>'s `stdout` is
  /// not among that (see `std::fflush`). `errc::broken_pipe` where nobody reads any more; never a
  /// SIGPIPE. After a failure or a cancel some of it may have been written.
  task<> write_all(std::span<const std::byte> bytes);
  RONDO_COROUTINE_WRAPPER task<> write_all(std::string_view text) {
    return write_all(std::as_bytes(std::span(text)));
  }

  /// As that of an input_stream. The descriptor 1 or 2 itself stays open.
  void close() noexcept;
  bool is_open() const noexcept { return plain_ || pipe_.is_open(); }

 private:
  friend result<output_stream> standard_output(loop& l);
  friend result<output_stream> standard_error(loop& l);
  static result<output_stream> open(loop& l, int number);

  pipe_writer pipe_;
  detail::plain_stream plain_;
  const char* name_ = "a standard stream";
};

/// The standard input as a stream: a terminal, a pipe, a socket, a file, a device; empty where the
/// program was started without one. It never blocks the loop, and never leaves O_NONBLOCK on what
/// the shell and other programs share with us. One at a time: two would take bytes from each other.
result<input_stream> standard_input(loop& l);
/// The same on the loop of the task. Does not suspend. Throws `error`.
task<input_stream> standard_input();

/// The standard output, and the standard error, as streams. Where the program was started without
/// one, the stream is closed.
result<output_stream> standard_output(loop& l);
task<output_stream> standard_output();
result<output_stream> standard_error(loop& l);
task<output_stream> standard_error();

}  // namespace rondo
