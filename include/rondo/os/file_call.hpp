#pragma once

#include <cstddef>
#include <cstdint>

namespace rondo {

/// Memory to read into; laid out as the kernel's iovec, so that arrays of it are passed on as they
/// are.
struct mutable_buffer {
  void* data = nullptr;
  std::size_t size = 0;

  mutable_buffer() noexcept = default;
  mutable_buffer(void* bytes, std::size_t count) noexcept : data(bytes), size(count) {}
};

}  // namespace rondo

/// Calls of the file system as values: what is asked is written down here, and carried out by
/// whoever is best at it: a thread that may wait for a disk (`perform`), the kernel's io_uring, or
/// a simulation. Results are "a count or a descriptor, or the negated errno". Any thread.
namespace rondo::os {

/// What is asked. Beside each: what it uses of a `file_call`, and its result.
enum class file_call_kind : std::uint8_t {
  open,          ///< `path`, `flags`, `mode` -> a new descriptor
  close,         ///< `fd` -> 0; the number is free even where this fails
  read,          ///< at most `size` bytes from `offset` into `data` -> how many; 0 at the end
  write,         ///< at most `size` bytes from `data` to `offset` -> how many
  read_vector,   ///< into the `size` buffers at `data` (a buffer is laid out as an iovec)
  write_vector,  ///< from them
  sync,          ///< -> 0 once all of the file is on the disk
  data_sync,     ///< -> 0 once its bytes are, and what is needed to read them
  allocate,      ///< `size` bytes from `offset`, as `flags` say (fallocate(2)) -> 0
  truncate,      ///< to `size` bytes -> 0
  stat,          ///< of `path`, or of `fd` where that is empty, into the `status_memory` at `data`
  rename,        ///< `path` to `other_path`, with `flags` (renameat2(2)) -> 0
  link,          ///< a hard link: `other_path` names what `path` names, too -> 0
  symlink,       ///< a symbolic link at `other_path` with the text `path` -> 0
  unlink,        ///< `path`; with `flags` for a folder -> 0
  make_folder,   ///< `path`, `mode` -> 0
};
/// How many kinds there are.
inline constexpr int file_call_kinds = 16;

/// "open", "read_vector", ... Static storage.
const char* to_string(file_call_kind kind) noexcept;

/// Where a path begins that belongs to no open folder: at the working folder of the process.
extern const int working_folder;

/// What `stat` writes into: the kernel's `struct statx`, of which only this room knows the parts.
struct status_memory {
  alignas(8) std::byte bytes[256];
};

/// One call. Lifetime: the memory and the paths that it names stay in place until it has its
/// result.
struct file_call {
  file_call_kind kind = file_call_kind::close;
  int fd = -1;                  ///< the file, or the folder in which `path` begins
  int other_folder = -1;        ///< that in which `other_path` begins
  std::uint32_t flags = 0;      ///< the system's, for a call of this kind
  std::uint32_t mode = 0;       ///< the permissions of what is made
  const char* path = "";        ///< ends with a zero
  const char* other_path = "";  ///< the same
  void* data = nullptr;         ///< the bytes of a write are only read
  std::uint64_t size = 0;       ///< in bytes, or the number of buffers
  std::uint64_t offset = 0;     ///< in bytes; ignored by writes to a file opened for appending
};

/// How `statx` is to be asked for a call of the kind `stat`: what is wanted, and its flags.
extern const std::uint32_t status_wanted;
std::uint32_t status_flags(const file_call& call) noexcept;

/// The most that one read or write transfers (Linux, read(2)).
inline constexpr std::uint64_t most_bytes_a_call = 0x7fff'f000;

/// Makes the call on this thread, which may wait for a disk. A wait that a signal has interrupted
/// goes on, but for `close`, after which the descriptor is gone in any case.
int perform(const file_call& call) noexcept;

/// Makes the call only if that waits for nothing: a read of what is in memory, the opening and the
/// `stat` of what the kernel has looked up before. `would_block` where it would wait, and for all
/// kinds and file systems that can't tell. (preadv2(2) with RWF_NOWAIT; openat2(2) with
/// RESOLVE_CACHED, Linux 5.12.)
int try_perform(const file_call& call) noexcept;

}  // namespace rondo::os
