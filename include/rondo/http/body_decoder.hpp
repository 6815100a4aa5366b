#pragma once

#include <cstdint>
#include <string_view>

#include <rondo/http/chunked_decoder.hpp>
#include <rondo/http/limits.hpp>
#include <rondo/http/request_head.hpp>

namespace rondo::http {

/// Decodes the body that a request head announced, whichever way it is framed. 48 bytes; lives from
/// the head to the end of the body. For one thread at a time.
class body_decoder {
 public:
  /// The body of `head`, which is not kept.
  explicit body_decoder(const request_head& head) noexcept
      : left_(head.content_length()), chunked_(head.framing() == body_framing::chunked) {}

  /// As `chunked_decoder::decode`.
  [[nodiscard]] body_piece decode(std::string_view bytes, const limits& limits) noexcept;

  /// Whether the body is complete: at once where there is none.
  [[nodiscard]] bool done() const noexcept { return chunked_ ? chunks_.done() : left_ == 0; }

 private:
  chunked_decoder chunks_;
  std::uint64_t left_;
  bool chunked_;
};

}  // namespace rondo::http
