// Lines out of a stream: what is read lies in one buffer; what is left of a line moves to its front
// when room is needed, and the buffer doubles where that does not do.
#include <algorithm>
#include <cstring>
#include <string>

#include <rondo/async/lines.hpp>
#include <rondo/os/errors.hpp>

namespace rondo::detail {

namespace {
constexpr std::size_t first_size = std::size_t{16} << 10;
constexpr std::size_t least_room = first_size / 4;
}  // namespace

std::optional<std::string_view> line_buffer::next() {
  const std::size_t left = end_ - searched_;
  const void* const newline = left > 0 ? std::memchr(bytes_ + searched_, '\n', left) : nullptr;
  if (newline == nullptr) {
    searched_ = end_;
    if (end_ - begin_ > how_.limit + 1) fail();  // the "\r" of an end that has not come yet
    if (!ended_ || begin_ == end_) return std::nullopt;
    const std::string_view last(bytes_ + begin_, end_ - begin_);
    if (last.size() > how_.limit) fail();
    begin_ = end_;
    return last;
  }
  const auto at = static_cast<std::size_t>(static_cast<const char*>(newline) - bytes_);
  const std::string_view line = without_end(at);
  if (line.size() > how_.limit) fail();
  begin_ = searched_ = at + 1;
  return line;
}

std::string_view line_buffer::without_end(std::size_t newline) const noexcept {
  std::string_view line(bytes_ + begin_, newline - begin_);
  if (how_.drops_carriage_return && line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::span<std::byte> line_buffer::room() {
  if (size_ - end_ < least_room) {
    const std::size_t kept = end_ - begin_;
    const bool grows = size_ - kept < size_ / 2 || size_ == 0;
    const std::size_t wanted = grows ? std::max(2 * size_, first_size) : size_;
    char* const to = grows ? new char[wanted] : bytes_;
    if (kept > 0) std::memmove(to, bytes_ + begin_, kept);
    if (grows) delete[] bytes_;
    bytes_ = to;
    size_ = wanted;
    searched_ -= begin_;
    begin_ = 0;
    end_ = kept;
  }
  return std::as_writable_bytes(std::span(bytes_ + end_, size_ - end_));
}

void line_buffer::take(std::size_t count) noexcept {
  ended_ = count == 0;
  end_ += count;
}

void line_buffer::fail() const {
  throw os::make_error(errc::message_too_long, "read",
                       "a line of more than " + std::to_string(how_.limit) + " bytes");
}

}  // namespace rondo::detail
