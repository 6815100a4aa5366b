#pragma once

#include <optional>
#include <string_view>

#include <rondo/async/byte_stream.hpp>
#include <rondo/task/async_generator.hpp>

namespace rondo {

/// How a stream is cut into lines.
struct line_options {
  line_options() noexcept = default;
  explicit line_options(std::size_t most) noexcept : limit(most) {}

  /// Bytes of the longest line. A longer one fails with `errc::message_too_long`.
  std::size_t limit = std::size_t{1} << 20;
  /// Whether a "\r" before the "\n" is left out, too.
  bool drops_carriage_return = true;
};

namespace detail {

/// Bytes on their way from reads to lines: one buffer, which grows to twice the longest line at
/// most.
class line_buffer {
 public:
  explicit line_buffer(const line_options& how) noexcept : how_(how) {}
  line_buffer(const line_buffer&) = delete;
  ~line_buffer() { delete[] bytes_; }

  /// The next line, until the next call of anything here. None where more has to be read, or where
  /// `has_ended`. Throws `error` where it is too long.
  std::optional<std::string_view> next();
  /// Where to read to, after `next` has said none.
  std::span<std::byte> room();
  /// What has been read there; 0 is the end.
  void take(std::size_t count) noexcept;
  bool has_ended() const noexcept { return ended_ && begin_ == end_; }

 private:
  [[noreturn]] void fail() const;
  std::string_view without_end(std::size_t newline) const noexcept;

  line_options how_;
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::size_t begin_ = 0;     // of what is not handed out yet
  std::size_t searched_ = 0;  // no end of a line before this
  std::size_t end_ = 0;
  bool ended_ = false;
};

}  // namespace detail

/// Cuts what comes out of a stream into lines, without their ends. The last one needs no "\n". What
/// a cancel meets has taken no line and lost no byte: the next call goes on. Reads ahead, so who
/// has begun with it reads on with it. Thread and lifetime: within those of the stream.
template <byte_source Source>
class line_reader {
 public:
  explicit line_reader(Source& from, const line_options& how = line_options()) noexcept
      : from_(&from), buffer_(how) {}

  /// The next line, which stays until the next call; none at the end of the stream. Throws `error`:
  /// `errc::message_too_long` where the line exceeds the limit, and what the stream throws.
  task<std::optional<std::string_view>> next() {
    std::optional<std::string_view> line;
    for (;;) {
      line = buffer_.next();
      if (line || buffer_.has_ended()) break;
      const std::size_t count = co_await from_->read(buffer_.room());
      buffer_.take(count);
    }
    co_return line;
  }

 private:
  Source* from_;
  detail::line_buffer buffer_;
};

/// `co_await for_each(lines(input), [](std::string_view line) { ... });` The same as a generator.
/// `from` must outlive it. Each line stays until the next one is asked for.
template <byte_source Source>
async_generator<std::string_view> lines(Source& from, line_options how = line_options()) {
  detail::line_buffer buffer(how);
  for (;;) {
    std::optional<std::string_view> line = buffer.next();
    if (line) {
      co_yield *line;
      continue;
    }
    if (buffer.has_ended()) break;
    const std::size_t count = co_await from.read(buffer.room());
    buffer.take(count);
  }
}

}  // namespace rondo
