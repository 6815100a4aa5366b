#pragma once

#include <algorithm>
#include <string>

#include <rondo/async/byte_stream.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/task/task.hpp>

namespace rondo::detail {

/// All that comes until the end of `from`.
template <byte_source Source>
task<std::string> read_all(Source& from, std::size_t limit, const char* name) {
  constexpr std::size_t least_room = 4096;
  std::string all;
  std::size_t filled = 0;
  for (;;) {
    if (all.size() - filled < least_room) all.resize(std::max(2 * all.size(), 4 * least_room));
    const std::span<char> room = std::span(all).subspan(filled);
    const std::size_t count = co_await from.read(std::as_writable_bytes(room));
    if (count == 0) break;
    filled += count;
    if (filled > limit) {
      throw os::make_error(errc::message_too_long, "read from",
                           std::string(name) + ": more than " + std::to_string(limit) + " bytes");
    }
  }
  all.resize(filled);
  co_return all;
}

}  // namespace rondo::detail
