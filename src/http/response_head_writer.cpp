// Response heads as bytes. What a caller can't get wrong is written without a question; names and
// values are checked while they are still apart.
#include <rondo/http/response_head_writer.hpp>

#include <charconv>

#include <rondo/http/status.hpp>

#include "field_text.hpp"

namespace rondo::http {
namespace {

constexpr std::size_t max_digits = 20;  // of 64 bits

// Writes a number and returns how many digits it took. `out` has room for max_digits.
std::size_t write_number(char* out, std::uint64_t number) noexcept {
  return static_cast<std::size_t>(std::to_chars(out, out + max_digits, number).ptr - out);
}

}  // namespace

response_head_writer::response_head_writer(std::string& out) : growing_(&out) {
  const std::size_t kept = out.size();
  out.resize(kept + 512);
  begin_ = at_ = out.data() + kept;
  end_ = out.data() + out.size();
}

bool response_head_writer::grow(std::size_t size) {
  if (error_ != write_error::none) return false;
  if (growing_ == nullptr) {
    fail(write_error::no_room);
    return false;
  }
  const auto before = begin_ - growing_->data();
  const auto written = at_ - begin_;
  growing_->resize(growing_->size() * 2 + size);
  begin_ = growing_->data() + before;
  at_ = begin_ + written;
  end_ = growing_->data() + growing_->size();
  return true;
}

void response_head_writer::fail(write_error why) noexcept {
  if (error_ == write_error::none) error_ = why;
  end_ = at_;
}

void response_head_writer::other_status(int code) {
  if (code < 100 || code > 999 || at_ != begin_) return fail(write_error::bad_status);
  const char digits[] = {static_cast<char>('0' + code / 100),
                         static_cast<char>('0' + code / 10 % 10),
                         static_cast<char>('0' + code % 10), ' '};
  begun_ = true;
  put("HTTP/1.1 ");
  put({digits, sizeof digits});
  put(reason_phrase(code));
  put("\r\n");
}

void response_head_writer::field(std::string_view name, std::string_view value) {
  if (!is_field_name(name) || !is_field_value(value)) return fail(write_error::bad_field);
  if (!make_room(name.size() + value.size() + 4)) return;
  put(name);
  put(": ");
  put(value);
  put("\r\n");
}

void response_head_writer::field(std::string_view name, std::uint64_t value) {
  char digits[max_digits];
  field(name, {digits, write_number(digits, value)});
}

void response_head_writer::content_length(std::uint64_t size) {
  static constexpr std::string_view name = "Content-Length: ";
  if (!make_room(name.size() + max_digits + 2)) return;
  name.copy(at_, name.size());
  at_ += name.size();
  at_ += write_number(at_, size);
  *at_++ = '\r';
  *at_++ = '\n';
}

std::size_t response_head_writer::finish() {
  put("\r\n");
  if (!begun_) fail(write_error::bad_status);
  if (error_ != write_error::none) at_ = begin_;
  const auto size = static_cast<std::size_t>(at_ - begin_);
  if (growing_ != nullptr) {
    growing_->resize(static_cast<std::size_t>(at_ - growing_->data()));
  }
  end_ = at_;
  return size;
}

}  // namespace rondo::http
