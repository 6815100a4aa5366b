#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <rondo/http/limits.hpp>
#include <rondo/http/parse_error.hpp>

namespace rondo::http {

/// What one call of a body decoder took and gave.
struct body_piece {
  std::string_view data;                  ///< body bytes: a view into the input, perhaps empty
  std::size_t consumed = 0;               ///< bytes of the input that are done with
  parse_error error = parse_error::none;  ///< why the body is refused
};

/// Decodes a chunked body (RFC 9112, section 7.1) without copying, in pieces of any size.
///
/// Strict where leniency has let requests be smuggled: lines end in CRLF, no white space stands
/// around a chunk size, extensions follow the grammar. Extensions and trailers are checked, counted
/// against the limits and dropped. Never throws, never allocates; for one thread at a time.
class chunked_decoder {
 public:
  /// Takes bytes until the first piece of data ends, the body ends, or `bytes` is used up. Consumes
  /// at least one byte unless `bytes` is empty or the body has ended; call it until it has what it
  /// was given, or done(). After an error the connection is over.
  [[nodiscard]] body_piece decode(std::string_view bytes, const limits& limits) noexcept;

  /// Whether the last chunk and the trailers are complete. What follows is the next request.
  [[nodiscard]] bool done() const noexcept { return state_ == state::done; }

 private:
  enum class state : std::uint8_t {
    size_begin,            // the first digit of a chunk size
    size,                  // its other digits
    extension_name_begin,  // after ';'
    extension_name,
    extension_value_begin,  // after '='
    extension_value,
    extension_quoted,
    extension_quoted_pair,  // after '\' in quotes
    extension_end,          // after the closing quote
    size_line_feed,
    data,
    data_carriage_return,
    data_line_feed,
    trailer_begin,
    trailer_name,
    trailer_value,
    trailer_line_feed,
    last_line_feed,
    done,
  };

  [[nodiscard]] parse_error step(char c, const limits& limits) noexcept;
  [[nodiscard]] parse_error size_step(char c, const limits& limits) noexcept;
  [[nodiscard]] parse_error extension_step(char c, const limits& limits) noexcept;
  [[nodiscard]] parse_error trailer_step(char c, const limits& limits) noexcept;
  [[nodiscard]] parse_error after_size(char c) noexcept;

  std::uint64_t chunk_ = 0;       // bytes of this chunk that are still to come
  std::uint64_t body_ = 0;        // bytes of all chunk sizes so far
  std::uint32_t extensions_ = 0;  // bytes spent on extensions
  std::uint32_t trailers_ = 0;    // bytes spent on trailers
  state state_ = state::size_begin;
  std::uint8_t digits_ = 0;     // of this chunk size
  std::uint8_t name_at_ = 0;    // how much of a trailer's name was read, at most 255
  std::uint8_t forbidden_ = 0;  // the forbidden names that this one may still be: one bit each
};

}  // namespace rondo::http
