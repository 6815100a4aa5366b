#pragma once

#include <cstdint>
#include <string_view>

#include <rondo/http/limits.hpp>
#include <rondo/http/parse_error.hpp>
#include <rondo/http/request_head.hpp>

namespace rondo::http {

/// What `request_parser::parse` found.
struct head_result {
  std::uint32_t consumed = 0;             ///< bytes of the head, its empty line included; else 0
  parse_error error = parse_error::none;  ///< why the request is refused

  [[nodiscard]] bool complete() const noexcept { return consumed != 0; }
  [[nodiscard]] bool failed() const noexcept { return error != parse_error::none; }
};

/// Parses HTTP/1.0 and HTTP/1.1 request heads (RFC 9112) without copying and without I/O.
///
/// A connection keeps one parser (12 bytes) and its received bytes; the `request_head` may be
/// shared by all connections of a thread, since it only has to live while a request is handled:
///
///     head_result found = parser.parse(received, limits, head);
///     if (found.failed()) answer(status_of(found.error)), close;
///     if (!found.complete()) read more, append it to `received`, call parse() again;
///     received.remove_prefix(found.consumed);   // then the body, then the next request
///
/// The verdict depends on the bytes alone, never on how they were cut into pieces. A line is judged
/// when its first control character arrives, be that its end or an offence. A head that arrives
/// in pieces costs at most one more pass over it than one that arrives at once.
///
/// Not for use from two threads at a time. Never throws, never allocates.
class request_parser {
 public:
  /// Looks at `received`, which must begin with the first byte of a request, hold all of its bytes
  /// that have arrived, and only grow until the verdict (it may move in memory meanwhile). `head`
  /// is meaningful only after a complete result; it points into `received`. After a complete
  /// result the parser is ready for the next request, after a failed one the connection is over.
  [[nodiscard]] head_result parse(std::string_view received, const limits& limits,
                                  request_head& head) noexcept;

 private:
  friend class head_reader;

  std::uint32_t line_ = 0;     // where the first line begins that is not complete
  std::uint32_t scanned_ = 0;  // below it that line holds no control character
  std::uint32_t lines_ = 0;    // complete lines before it, the request line among them
};

}  // namespace rondo::http
