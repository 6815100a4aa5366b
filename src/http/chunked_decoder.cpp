// The chunked coding as a state machine over bytes; only the data itself is taken in one stride.
#include <rondo/http/chunked_decoder.hpp>

#include <algorithm>
#include <array>

#include "scan.hpp"
#include "text.hpp"

namespace rondo::http {
namespace {

// Trailers are dropped, but one that would have changed the framing is an attack on whoever sits
// behind a laxer server (RFC 9110, section 6.5.1).
constexpr std::array<std::string_view, 3> forbidden_trailers = {"content-length",
                                                                "transfer-encoding", "host"};
constexpr std::uint8_t all_forbidden = (1U << forbidden_trailers.size()) - 1U;

constexpr bool is_text(char c) noexcept {
  return c == '\t' || (scan::classes[static_cast<unsigned char>(c)] & scan::value_byte) != 0;
}

}  // namespace

body_piece chunked_decoder::decode(std::string_view bytes, const limits& limits) noexcept {
  std::size_t at = 0;
  while (at < bytes.size() && state_ != state::done) {
    if (state_ == state::data) {
      const auto size = std::min<std::uint64_t>(chunk_, bytes.size() - at);
      const std::string_view data = bytes.substr(at, static_cast<std::size_t>(size));
      chunk_ -= size;
      if (chunk_ == 0) state_ = state::data_carriage_return;
      return {data, at + data.size(), parse_error::none};
    }
    const parse_error error = step(bytes[at], limits);
    if (error != parse_error::none) return {{}, at, error};
    ++at;
  }
  return {{}, at, parse_error::none};
}

parse_error chunked_decoder::step(char c, const limits& limits) noexcept {
  switch (state_) {
    case state::size_begin:
    case state::size:
      return size_step(c, limits);
    case state::size_line_feed:
      if (c != '\n') return parse_error::bad_chunk_size;
      state_ = chunk_ == 0 ? state::trailer_begin : state::data;
      return parse_error::none;
    case state::data_carriage_return:
      if (c != '\r') return parse_error::bad_chunk_end;
      state_ = state::data_line_feed;
      return parse_error::none;
    case state::data_line_feed:
      if (c != '\n') return parse_error::bad_chunk_end;
      state_ = state::size_begin;
      return parse_error::none;
    case state::trailer_begin:
    case state::trailer_name:
    case state::trailer_value:
    case state::trailer_line_feed:
    case state::last_line_feed:
      return trailer_step(c, limits);
    default:
      return extension_step(c, limits);
  }
}

parse_error chunked_decoder::size_step(char c, const limits& limits) noexcept {
  const int digit = hex_value(c);
  if (digit < 0) {
    return state_ == state::size_begin ? parse_error::bad_chunk_size : after_size(c);
  }
  if (state_ == state::size_begin) {
    state_ = state::size;
    chunk_ = 0;
    digits_ = 0;
  }
  // 16 digits fill 64 bits; more can only be leading zeros, which nobody sends.
  if (++digits_ > 16) return parse_error::bad_chunk_size;
  chunk_ = chunk_ * 16 + static_cast<std::uint64_t>(digit);
  // Judged digit by digit: a larger number can't become smaller again.
  if (chunk_ > limits.max_body - body_) return parse_error::content_too_large;
  return parse_error::none;
}

// The byte after a chunk size, or after a complete extension.
parse_error chunked_decoder::after_size(char c) noexcept {
  if (c != '\r' && c != ';') {
    return state_ == state::size ? parse_error::bad_chunk_size : parse_error::bad_chunk_extension;
  }
  if (c == '\r') body_ += chunk_;
  state_ = c == '\r' ? state::size_line_feed : state::extension_name_begin;
  return parse_error::none;
}

// chunk-ext = *( ";" chunk-ext-name [ "=" ( token / quoted-string ) ] ), without the white space
// that the RFC tolerates around ';' and '='.
parse_error chunked_decoder::extension_step(char c, const limits& limits) noexcept {
  if (c != '\r' && ++extensions_ > limits.max_chunk_extensions) {
    return parse_error::extensions_too_large;
  }
  switch (state_) {
    case state::extension_name_begin:
    case state::extension_value_begin:
      if (state_ == state::extension_value_begin && c == '"') {
        state_ = state::extension_quoted;
        return parse_error::none;
      }
      if (!scan::is_token(c)) return parse_error::bad_chunk_extension;
      state_ =
          state_ == state::extension_name_begin ? state::extension_name : state::extension_value;
      return parse_error::none;
    case state::extension_name:
      if (c == '=') {
        state_ = state::extension_value_begin;
        return parse_error::none;
      }
      [[fallthrough]];
    case state::extension_value:
      return scan::is_token(c) ? parse_error::none : after_size(c);
    case state::extension_quoted:
      if (c == '"') state_ = state::extension_end;
      if (c == '\\') state_ = state::extension_quoted_pair;
      return is_text(c) ? parse_error::none : parse_error::bad_chunk_extension;
    case state::extension_quoted_pair:
      state_ = state::extension_quoted;
      return is_text(c) ? parse_error::none : parse_error::bad_chunk_extension;
    default:
      return after_size(c);
  }
}

parse_error chunked_decoder::trailer_step(char c, const limits& limits) noexcept {
  if (++trailers_ > limits.max_trailers) return parse_error::trailers_too_large;
  switch (state_) {
    case state::trailer_begin:
      if (c == '\r') {
        state_ = state::last_line_feed;
        return parse_error::none;
      }
      if (!scan::is_token(c)) return parse_error::bad_trailer;
      state_ = state::trailer_name;
      name_at_ = 0;
      forbidden_ = all_forbidden;
      [[fallthrough]];
    case state::trailer_name:
      for (std::size_t i = 0; i < forbidden_trailers.size(); ++i) {
        const std::string_view name = forbidden_trailers[i];
        const bool ended = name_at_ == name.size();
        const bool same =
            ended ? c == ':' : name_at_ < name.size() && to_lower(c) == name[name_at_];
        if (!same) forbidden_ &= static_cast<std::uint8_t>(~(1U << i));
      }
      if (c == ':') {
        state_ = state::trailer_value;
        return forbidden_ == 0 ? parse_error::none : parse_error::bad_trailer;
      }
      if (name_at_ < 255) ++name_at_;
      return scan::is_token(c) ? parse_error::none : parse_error::bad_trailer;
    case state::trailer_value:
      if (c == '\r') state_ = state::trailer_line_feed;
      return c == '\r' || is_text(c) ? parse_error::none : parse_error::bad_trailer;
    case state::trailer_line_feed:
      state_ = state::trailer_begin;
      return c == '\n' ? parse_error::none : parse_error::bad_trailer;
    default:
      state_ = state::done;
      return c == '\n' ? parse_error::none : parse_error::bad_trailer;
  }
}

}  // namespace rondo::http
