#pragma once

#include <cstdint>

namespace rondo::http {

/// What one request may cost. One object serves a whole server; the parser keeps no copy. All sizes
/// are bytes. `max_head` may be 65,535 at most (the header table holds 16-bit offsets) and at least
/// `max_request_line` + 2; `max_fields` may be `request_head::capacity` at most.
struct limits {
  std::uint32_t max_request_line = 8 * 1024;      ///< without its CRLF; beyond it: 414
  std::uint32_t max_head = 32 * 1024;             ///< request line and fields; beyond it: 431
  std::uint32_t max_fields = 100;                 ///< header lines; beyond it: 431
  std::uint32_t max_chunk_extensions = 4 * 1024;  ///< in the whole body; beyond it: 413
  std::uint32_t max_trailers = 8 * 1024;          ///< in the whole body; beyond it: 431
  std::uint64_t max_body = 16 * 1024 * 1024;      ///< decoded; beyond it: 413
};

}  // namespace rondo::http
