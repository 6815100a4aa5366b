#pragma once

#include <cstdint>
#include <string_view>

namespace rondo::http {

/// Why a request was refused. Every value but `none` ends the connection after its answer, because
/// the place where the next request would begin can't be trusted any more.
enum class parse_error : std::uint8_t {
  none,
  // 400: the request line
  bad_method,
  bad_target,
  bad_version,
  // 400: any line of the head
  bad_line_ending,
  control_character,
  bad_field_name,
  folded_field,
  // 400: fields that decide where the request ends or whom it is for
  missing_host,
  repeated_host,
  bad_host,
  bad_content_length,
  repeated_content_length,
  length_and_encoding,
  bad_transfer_encoding,
  encoding_in_http_1_0,
  // 400: the body
  bad_chunk_size,
  bad_chunk_extension,
  bad_chunk_end,
  bad_trailer,
  incomplete_body,  // raised by the connection, which sees the end
  // the others
  request_timeout,       // 408, raised by the connection, which owns the clock
  content_too_large,     // 413
  extensions_too_large,  // 413
  target_too_long,       // 414
  expectation_failed,    // 417
  too_many_fields,       // 431
  head_too_large,        // 431
  trailers_too_large,    // 431
  unknown_method,        // 501
  unsupported_encoding,  // 501
  unsupported_version,   // 505
};

/// The status code that answers `error` (RFC 9110, section 15); 200 for `none`.
[[nodiscard]] int status_of(parse_error error) noexcept;

/// One English sentence without a full stop, for a log or the body of the answer. Static storage.
[[nodiscard]] std::string_view describe(parse_error error) noexcept;

}  // namespace rondo::http
