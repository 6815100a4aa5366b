#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <rondo/http/date.hpp>

namespace rondo::http {

/// Why a response head was not written.
enum class write_error : std::uint8_t {
  none,
  no_room,     ///< the span is too small
  bad_status,  ///< not a number of three digits, or a head that does not begin with its status
  bad_field,   ///< a name that is no token, or a control character (CR, LF, NUL) in a value
};

/// A whole header line that is known when the program is compiled, and checked then:
/// `static constexpr field_literal plain("Content-Type: text/plain");`
class field_literal {
 public:
  template <std::size_t Size>
  consteval field_literal(const char (&line)[Size]) : line_(line, Size - 1) {
    const std::size_t colon = line_.find(':');
    bool good = colon != std::string_view::npos && colon != 0;
    for (std::size_t i = 0; i < line_.size(); ++i) {
      if (line_[i] < (i < colon ? '!' : ' ') || line_[i] == 0x7f) good = false;
    }
    if (!good) throw "a header line is 'Name: value' without control characters";
  }

  [[nodiscard]] constexpr std::string_view line() const noexcept { return line_; }

 private:
  std::string_view line_;
};

/// Writes the head of a response: status line, header lines, empty line, in the order of the calls.
///
/// Whatever the values hold, no line can be added or split: a control character spoils the head.
/// After the first error nothing more is written, and finish() returns 0. Framing is up to the
/// caller: exactly one of content_length() and chunked() unless `is_bodiless(status)`.
///
///     response_head_writer head(buffer);
///     head.status(200);
///     head.date(today);
///     head.content_length(body.size());
///     const std::size_t size = head.finish();
///
/// Keeps a reference to its destination. For one thread at a time; never throws for a span.
class response_head_writer {
 public:
  /// Writes into `out`, from its beginning. A number asks for room for 20 digits, few as it may
  /// have.
  explicit response_head_writer(std::span<char> out) noexcept
      : begin_(out.data()), at_(out.data()), end_(out.data() + out.size()) {}
  /// Appends to `out`, which grows as needed and after finish() ends where the head ends.
  explicit response_head_writer(std::string& out);

  response_head_writer(const response_head_writer&) = delete;
  response_head_writer& operator=(const response_head_writer&) = delete;

  /// The status line, always HTTP/1.1 (RFC 9112, section 2.3): the first call.
  void status(int code) {
    if (code == 200 && at_ == begin_) {
      put("HTTP/1.1 200 OK\r\n");
      begun_ = true;
    } else {
      other_status(code);
    }
  }
  void date(const date_line& line) { put(line.text()); }
  void field(std::string_view name, std::string_view value);
  void field(field_literal literal) {
    put(literal.line());
    put("\r\n");
  }
  /// A field whose value is a number.
  void field(std::string_view name, std::uint64_t value);
  void content_length(std::uint64_t size);
  void chunked() { put("Transfer-Encoding: chunked\r\n"); }
  /// Says what becomes of the connection where the version of the request does not say it: closed
  /// in HTTP/1.1, kept in HTTP/1.0 (RFC 9112, section 9.3).
  void connection(bool keep_alive, int minor_version) {
    if (!keep_alive) put("Connection: close\r\n");
    if (keep_alive && minor_version == 0) put("Connection: keep-alive\r\n");
  }

  /// The empty line. Returns the bytes of the head, or 0 after an error.
  [[nodiscard]] std::size_t finish();
  [[nodiscard]] write_error error() const noexcept { return error_; }

 private:
  // Room for `size` more bytes, or an error.
  bool make_room(std::size_t size) {
    return static_cast<std::size_t>(end_ - at_) >= size || grow(size);
  }
  void put(std::string_view text) {
    if (!make_room(text.size())) return;
    text.copy(at_, text.size());
    at_ += text.size();
  }
  bool grow(std::size_t size);
  void fail(write_error why) noexcept;
  void other_status(int code);

  char* begin_;
  char* at_;
  char* end_;  // == at_ after an error, so that make_room() fails
  std::string* growing_ = nullptr;
  bool begun_ = false;  // the status line was written
  write_error error_ = write_error::none;
};

}  // namespace rondo::http
