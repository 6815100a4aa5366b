#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <rondo/http/method.hpp>

namespace rondo::http {

/// How the request target was written (RFC 9112, section 3.2). The fourth form, authority-form,
/// belongs to CONNECT, which is refused.
enum class target_form : std::uint8_t { origin, absolute, asterisk };

/// How the end of the body is found (RFC 9112, section 6.3).
enum class body_framing : std::uint8_t { none, length, chunked };

/// One header line: views into the bytes that were parsed, without surrounding white space.
struct field {
  std::string_view name;
  std::string_view value;
};

/// A parsed request head: what was asked, and a table of offsets into the caller's bytes.
///
/// It owns no text. Every view is good for as long as the bytes given to `request_parser::parse`
/// stay where they are. A server needs one for each request it handles at this moment, not one for
/// each connection: about 1 KiB that an idle connection does not pay. Not for use from two threads.
class request_head {
 public:
  static constexpr std::size_t capacity = 128;  ///< header lines

  /// Leaves the table uninitialised: only the parser fills it, and only so far as it reads.
  request_head() noexcept {}  // NOLINT(modernize-use-equals-default)

  [[nodiscard]] http::method method() const noexcept { return what_.method; }
  /// 0 for HTTP/1.0, 1 for HTTP/1.1.
  [[nodiscard]] int minor_version() const noexcept { return what_.minor_version; }
  /// The target as it was sent, not decoded.
  [[nodiscard]] std::string_view target() const noexcept { return view(target_); }
  [[nodiscard]] target_form form() const noexcept { return what_.form; }
  /// The target without scheme and authority: begins with '/' or '?', is "/" where the target has
  /// neither, and "*" in asterisk-form.
  [[nodiscard]] std::string_view path_and_query() const noexcept {
    return path_begin_ == target_.end ? "/" : view({path_begin_, target_.end});
  }
  /// The authority of an absolute-form target, else the value of Host; empty if there is neither.
  [[nodiscard]] std::string_view host() const noexcept { return view(host_); }

  [[nodiscard]] body_framing framing() const noexcept { return what_.framing; }
  /// Bytes of the body; 0 unless `framing()` is `body_framing::length`.
  [[nodiscard]] std::uint64_t content_length() const noexcept { return content_length_; }
  /// Whether the client wants the connection kept after this request (RFC 9112, section 9.3).
  [[nodiscard]] bool keep_alive() const noexcept { return what_.keep_alive; }
  /// Whether the client waits for "100 Continue" before it sends the body.
  [[nodiscard]] bool expects_continue() const noexcept { return what_.expects_continue; }
  /// Whether both `Connection: upgrade` and `Upgrade` are there.
  [[nodiscard]] bool wants_upgrade() const noexcept { return what_.wants_upgrade; }

  /// The header lines in the order in which they came.
  [[nodiscard]] std::size_t field_count() const noexcept { return field_count_; }
  [[nodiscard]] field field_at(std::size_t index) const noexcept;
  /// The value of the first field of that name, whose case does not matter.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;

 private:
  friend class head_reader;

  struct extent {
    std::uint16_t begin;
    std::uint16_t end;
  };
  struct field_extent {
    extent name;
    extent value;
  };

  [[nodiscard]] std::string_view view(extent part) const noexcept {
    return {base_ + part.begin, static_cast<std::size_t>(part.end - part.begin)};
  }

  // What a plain GET is, so that the parser has eight bytes to set and rarely one to change.
  struct summary {
    http::method method = http::method::get;
    std::uint8_t minor_version = 1;
    target_form form = target_form::origin;
    body_framing framing = body_framing::none;
    bool keep_alive = true;
    bool expects_continue = false;
    bool wants_upgrade = false;
    bool reserved = false;
  };

  const char* base_ = nullptr;
  std::uint64_t content_length_ = 0;
  summary what_;
  extent target_{};
  extent host_{};
  std::uint16_t path_begin_ = 0;
  std::uint16_t field_count_ = 0;
  std::array<field_extent, capacity> fields_;
};

}  // namespace rondo::http
