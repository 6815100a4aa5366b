#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/base/config.hpp>
#include <rondo/task/task.hpp>

/// A file in one call. Paths are copied when the function is called, bytes stay in place until it
/// is awaited. All throw `error`, which names the path.
namespace rondo::fs {

/// What `read_all` takes for too much where nothing is said.
inline constexpr std::uint64_t usual_limit = std::uint64_t{1} << 30;

/// All bytes of a file, also of one that does not tell its size (/proc). Fails with
/// `errc::file_too_large` for more than `limit`.
RONDO_OWNING_WRAPPER task<std::vector<std::byte>> read_all(std::string_view path,
                                                           std::uint64_t limit = usual_limit);
/// The same as a string; the bytes are not looked at.
RONDO_OWNING_WRAPPER task<std::string> read_text(std::string_view path,
                                                 std::uint64_t limit = usual_limit);

/// How `write_all` replaces a file.
struct write_options {
  write_options() noexcept = default;

  /// Whether the bytes, and then the new name, are on the disk when it returns. Without, a crash of
  /// the machine shortly after may bring the old file back, or on some file systems an empty one.
  bool durable = true;
  /// Of a file that is new, less the umask. One that is replaced keeps its own.
  unsigned permissions = 0666;
};
/// Replaces what is in a file, or makes it, at once: whoever opens it sees the old bytes or the new
/// ones, and so does whoever comes after a crash. It is written beside the old one, under a
/// temporary name, and renamed; so a folder that may be written to is needed, and a symbolic link
/// at `path` is replaced itself. A failure or a cancel leaves the old file, and nothing else.
RONDO_OWNING_WRAPPER task<> write_all(std::string_view path, std::span<const std::byte> bytes,
                                      write_options how = {});
RONDO_OWNING_WRAPPER task<> write_all(std::string_view path, std::string_view text,
                                      write_options how = {});

/// Writes to the end of a file, which is made where there is none.
RONDO_OWNING_WRAPPER task<> append(std::string_view path, std::span<const std::byte> bytes);
RONDO_OWNING_WRAPPER task<> append(std::string_view path, std::string_view text);

}  // namespace rondo::fs
