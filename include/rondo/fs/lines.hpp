#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <rondo/fs/file.hpp>
#include <rondo/task/async_generator.hpp>

/// A file piece by piece, in constant memory: `while (auto line = co_await all.next())`. They read
/// at the position of the file, and ahead of what they have yielded.
namespace rondo::fs {

/// How lines are told apart.
struct lines_options {
  lines_options() noexcept = default;

  /// A longer one fails with `errc::message_too_long`.
  std::size_t longest = std::size_t{1} << 20;
  /// Whether a carriage return before the newline belongs to it.
  bool drop_carriage_return = false;
};

/// The lines of a file, without their newlines; the last one may lack its own. Each lives until the
/// next is asked for. Lifetime: within that of the file.
async_generator<std::string_view> lines(file& from, lines_options how = {});
/// The same of a file that is opened for it.
RONDO_OWNING_WRAPPER async_generator<std::string_view> lines(std::string_view path,
                                                             lines_options how = {});

/// A file in pieces of `size` bytes, of which the last may be shorter. Each lives until the next is
/// asked for. Lifetime: within that of the file.
async_generator<std::span<const std::byte>> chunks(file& from, std::size_t size = 65536);
/// The same of a file that is opened for it.
RONDO_OWNING_WRAPPER async_generator<std::span<const std::byte>> chunks(std::string_view path,
                                                                        std::size_t size = 65536);

}  // namespace rondo::fs
