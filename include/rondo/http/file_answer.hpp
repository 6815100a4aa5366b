#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <rondo/http/date.hpp>
#include <rondo/http/range.hpp>
#include <rondo/http/request_head.hpp>
#include <rondo/os/file.hpp>

namespace rondo::http {

/// What GET or HEAD gets for a file: the conditions of the request are weighed first, then its
/// range (RFC 9110, section 13.2.2). No I/O: the caller sends the head with `fields()`, and where
/// `has_body()` says so `size()` bytes of the file from `first()` on. Lifetime: until the head is
/// written; the fields are views into this object.
class file_answer {
 public:
  /// `name` is only looked at for its extension, which tells the media type.
  file_answer(const request_head& request, std::string_view name, const os::file_facts& file,
              std::int64_t now_second);
  file_answer(const file_answer&) = delete;
  file_answer& operator=(const file_answer&) = delete;

  /// 200, 206, 304, 412 or 416.
  [[nodiscard]] int status() const noexcept { return status_; }
  /// All that is to be said of the file; Content-Length, Date and Connection are not among them.
  [[nodiscard]] std::span<const field> fields() const noexcept {
    return std::span(fields_).first(count_);
  }
  /// Whether (a part of) the file is the body.
  [[nodiscard]] bool has_body() const noexcept { return status_ == 200 || status_ == 206; }
  [[nodiscard]] std::uint64_t first() const noexcept { return range_.first; }
  [[nodiscard]] std::uint64_t size() const noexcept { return range_.size; }

 private:
  void add(std::string_view name, std::string_view value) noexcept {
    fields_[count_++] = {name, value};
  }

  int status_ = 200;
  selected_range range_;
  std::string tag_;
  std::string content_range_;
  std::array<char, date_size> modified_{};
  std::array<field, 6> fields_;
  std::size_t count_ = 0;
};

}  // namespace rondo::http
