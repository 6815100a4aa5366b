#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondo/http/body_decoder.hpp>
#include <rondo/http/exchange.hpp>
#include <rondo/http/request_head.hpp>
#include <rondo/net/io_buffer.hpp>

namespace rondo::http {

/// What a connection needs only while it is busy: the bytes that came, the parsed head, the answer.
/// Pooled by the server, last in first out, so the few that are used stay warm in the cache.
struct workspace {
  request_head head;
  exchange current;
  std::optional<body_decoder> body;
  std::string out;        // answers, to be sent in one go
  std::size_t sent = 0;   // of `out`
  std::string_view rest;  // bytes that were received and not used yet
  io_buffer input;        // where `head`, and perhaps `rest`, points into: this
  std::string gathered;   // or this, for a head that came in several pieces
  io_buffer body_input;   // where `rest` points into once more of a body was read: this
  std::string decoded;    // or this, where a layer stands between
  std::string encoded;    // by a layer, before it takes the place of `out`
  instant began;          // the request that a handler answers
  instant body_began;     // reading its body
  workspace* next_free = nullptr;

  /// Ready for the next connection.
  void reset() noexcept {
    constexpr std::size_t kept_capacity = 64 * 1024;  // a large answer's memory isn't kept for ever
    input.reset();
    body_input.reset();
    body.reset();
    rest = {};
    out.clear();
    decoded.clear();
    if (out.capacity() > kept_capacity) [[unlikely]]
      out = std::string();
    if (decoded.capacity() > kept_capacity) [[unlikely]]
      decoded = std::string();
    if (encoded.capacity() > kept_capacity) [[unlikely]]
      encoded = std::string();
    if (gathered.capacity() > kept_capacity) [[unlikely]]
      gathered = std::string();
  }
};

}  // namespace rondo::http
