// Lines and pieces of a file, each generator with one buffer.
#include <algorithm>
#include <cstring>
#include <vector>

#include <rondo/base/assert.hpp>
#include <rondo/fs/lines.hpp>
#include <rondo/os/errors.hpp>

namespace rondo::fs {
namespace {

constexpr std::size_t read_size = 65536;

/// What has been read and not been yielded yet, in memory that grows up to one line and one read.
class line_buffer {
 public:
  explicit line_buffer(const lines_options& how) : how_(how), memory_(read_size) {}

  /// Where the next bytes go. What is left of the old ones moves to the front.
  std::span<std::byte> room() {
    std::memmove(memory_.data(), memory_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    looked_ -= begin_;
    begin_ = 0;
    if (memory_.size() - end_ < read_size / 2) memory_.resize(memory_.size() * 2);
    return std::as_writable_bytes(std::span(memory_).subspan(end_));
  }
  void add(std::size_t count) noexcept { end_ += count; }
  bool empty() const noexcept { return begin_ == end_; }

  /// Takes the next whole line. False where there is none yet.
  bool take(std::string_view& line) noexcept {
    const void* const found = std::memchr(memory_.data() + looked_, '\n', end_ - looked_);
    if (found == nullptr) {
      looked_ = end_;
      return false;
    }
    const auto newline = static_cast<std::size_t>(static_cast<const char*>(found) - memory_.data());
    line = trimmed(newline);
    begin_ = looked_ = newline + 1;
    return true;
  }
  /// Takes all that is left.
  std::string_view take_rest() noexcept {
    const std::string_view line = trimmed(end_);
    begin_ = looked_ = end_;
    return line;
  }
  /// Whether `line`, or what there is of the next one, is longer than it may be.
  bool is_too_long(std::string_view line) const noexcept { return line.size() > how_.longest; }
  bool is_too_long() const noexcept { return end_ - begin_ > how_.longest + 1; }  // with the '\r'

 private:
  std::string_view trimmed(std::size_t end) const noexcept {
    std::string_view line(memory_.data() + begin_, end - begin_);
    if (how_.drop_carriage_return && line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  lines_options how_;
  std::vector<char> memory_;
  std::size_t begin_ = 0;   // of the next line
  std::size_t looked_ = 0;  // up to here there is no newline
  std::size_t end_ = 0;
};

error too_long(const file& from, std::size_t limit) {
  return os::make_error(errc::message_too_long, "read a line of",
                        std::string(from.path())
                            .append(", longer than ")
                            .append(std::to_string(limit))
                            .append(" bytes"));
}

async_generator<std::string_view> lines_of_path(std::string path, lines_options how) {
  file from = co_await file::open(path);
  co_yield elements_of(lines(from, how));
}

async_generator<std::span<const std::byte>> chunks_of_path(std::string path, std::size_t size) {
  file from = co_await file::open(path);
  co_yield elements_of(chunks(from, size));
}

}  // namespace

async_generator<std::string_view> lines(file& from, lines_options how) {
  line_buffer buffer(how);
  for (;;) {
    std::string_view line;
    while (buffer.take(line)) {
      if (buffer.is_too_long(line)) throw too_long(from, how.longest);
      co_yield line;
    }
    if (buffer.is_too_long()) throw too_long(from, how.longest);
    const std::size_t got = co_await from.read(buffer.room());
    if (got == 0) break;
    buffer.add(got);
  }
  if (buffer.empty()) co_return;
  const std::string_view last = buffer.take_rest();
  if (buffer.is_too_long(last)) throw too_long(from, how.longest);
  co_yield last;
}

async_generator<std::string_view> lines(std::string_view path, lines_options how) {
  return lines_of_path(std::string(path), how);
}

async_generator<std::span<const std::byte>> chunks(file& from, std::size_t size) {
  RONDO_ASSERT(size > 0);
  std::vector<std::byte> memory(size);
  for (;;) {
    std::size_t filled = 0;
    while (filled < size) {
      const std::size_t got = co_await from.read(std::span(memory).subspan(filled));
      if (got == 0) break;
      filled += got;
    }
    if (filled == 0) co_return;
    co_yield std::span<const std::byte>(memory).first(filled);
    if (filled < size) co_return;
  }
}

async_generator<std::span<const std::byte>> chunks(std::string_view path, std::size_t size) {
  return chunks_of_path(std::string(path), size);
}

}  // namespace rondo::fs
