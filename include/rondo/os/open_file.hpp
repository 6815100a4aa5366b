#pragma once

#include <cstddef>
#include <cstdint>

/// What one does with an open file beside reading and writing. Results are "0, a count or a
/// descriptor, or the negated errno". Any thread.
namespace rondo::os {

/// How a file is opened; they add up with `|`.
enum class open_flag : std::uint16_t {
  none = 0,
  read = 1,
  write = 2,
  append = 4,       ///< every write goes to the end
  create = 8,       ///< where there is none
  create_new = 16,  ///< EEXIST where there is one, or a symbolic link
  truncate = 32,
  keep_link = 64,  ///< ELOOP where the last name is a symbolic link
  direct = 128,    ///< past the page cache: buffer, place and size are multiples of a block
  folder = 256,    ///< ENOTDIR where it is none
};
constexpr open_flag operator|(open_flag a, open_flag b) noexcept {
  return static_cast<open_flag>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool has(open_flag set, open_flag one) noexcept {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(one)) != 0;
}

/// What `file_call::flags` of an `open` are to be: close-on-exec, never the controlling terminal,
/// and never waiting for a fifo's other end.
std::uint32_t native_flags(open_flag wanted) noexcept;

/// What the opening of a fifo that nobody reads fails with, and that of a socket (ENXIO).
extern const int nobody_reads;

/// What has been opened with these flags.
enum class opened_kind : std::uint8_t { file, folder, fifo, socket };
struct opened {
  opened_kind kind = opened_kind::file;
  std::uint64_t size = 0;  ///< as far as this machine knows: a hint
};
/// Says what it is, and lets reads and writes wait for the disk again. Waits for nothing. -> 0
int look_at_opened(int fd, open_flag how, opened& out) noexcept;

/// What `file_call::flags` of an `allocate` may be.
extern const std::uint32_t allocate_and_grow;
extern const std::uint32_t allocate_within;  ///< leaves the size of the file as it is
extern const std::uint32_t allocate_hole;    ///< gives the blocks back; reads find zeros

enum class file_lock_kind : std::uint8_t { none, shared, exclusive };
/// The lock of the whole file that flock(2) gives to an open file; `none` gives it back. EAGAIN
/// where somebody else has it.
int try_lock_file(int fd, file_lock_kind kind) noexcept;

/// What reads of a file, or of a mapping, will be like.
enum class access_pattern : std::uint8_t {
  normal,
  sequential,  ///< read ahead further
  random,      ///< don't read ahead
  will_need,   ///< read now
  wont_need,   ///< drop what is cached and clean
};
/// `size` 0: to the end. May wait for a disk. -> 0
int advise_file(int fd, std::uint64_t offset, std::uint64_t size, access_pattern pattern) noexcept;

enum class map_mode : std::uint8_t {
  read,    ///< writing to it is a crash
  shared,  ///< what is written is the file's
  copy,    ///< what is written stays with this mapping
};
/// Maps `size` bytes from `offset`, a multiple of the page size. -> 0, with the address in `out`
int map_file(int fd, std::uint64_t offset, std::size_t size, map_mode mode, void*& out) noexcept;
void unmap(void* address, std::size_t size) noexcept;
/// Waits until what was written to it is on the disk. -> 0
int sync_map(void* address, std::size_t size) noexcept;
int advise_map(void* address, std::size_t size, access_pattern pattern) noexcept;
/// What an offset of a mapping, and the place of `sync_map`, must be a multiple of.
std::size_t page_size() noexcept;

}  // namespace rondo::os
