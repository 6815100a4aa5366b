// Reading a folder as the kernel hands it out: many names a call, with the type of each, so that
// nobody need ask for the status of every file.
#include "fs/folder_reader.hpp"

#include <algorithm>
#include <span>

namespace rondo::fs {

namespace {

constexpr std::size_t one_read = std::size_t{32} << 10;

bool is_dots(std::string_view name) noexcept {
  return name == "." || name == "..";
}

}  // namespace

int folder_reader::read_more() {
  bytes_.resize(one_read);
  at_ = 0;
  const int got = os::read_folder(folder_.get(), bytes_);
  bytes_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return got;
}

int folder_reader::read_rest() {
  while (!has_ended_) {
    const std::size_t filled = bytes_.size();
    bytes_.resize(filled + one_read);
    const int got = os::read_folder(folder_.get(), std::span(bytes_).subspan(filled));
    bytes_.resize(filled + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0) return got;
    has_ended_ = got == 0;
  }
  return 0;
}

int folder_reader::next(os::raw_name& out) {
  for (;;) {
    if (is_sorted_) {
      if (at_ == order_.size()) return 0;
      out = os::next_name(std::span(bytes_).subspan(order_[at_++]));
      return 1;
    }
    if (at_ == bytes_.size()) {
      if (has_ended_) return 0;
      const int got = read_more();
      if (got < 0) return got;
      has_ended_ = got == 0;
      continue;
    }
    out = os::next_name(std::span(bytes_).subspan(at_));
    at_ += out.size;
    if (!is_dots(out.name)) return 1;
  }
}

int folder_reader::sort() {
  const int outcome = read_rest();
  if (outcome < 0) return outcome;
  for (std::size_t at = at_; at < bytes_.size();) {
    const os::raw_name found = os::next_name(std::span(bytes_).subspan(at));
    if (!is_dots(found.name)) order_.push_back(at);
    at += found.size;
  }
  const auto name_at = [this](std::size_t at) {
    return std::string_view(os::next_name(std::span(bytes_).subspan(at)).name);
  };
  std::ranges::sort(order_, {}, name_at);
  at_ = 0;
  is_sorted_ = true;
  return 0;
}

int folder_reader::put_aside() {
  const int outcome = read_rest();
  folder_.reset();
  return outcome;
}

}  // namespace rondo::fs
