#pragma once

#include <cstddef>
#include <cstdint>

#include <rondo/os/fd.hpp>

/// Pipes: the bytes that programs hand each other. Results are "a count, or the negated errno".
namespace rondo::os {

/// The two ends of a pipe, both close-on-exec and blocking.
struct pipe_ends {
  fd read;
  fd write;
};

/// -> 0, with the ends in `out`
int open_pipe(pipe_ends& out) noexcept;

/// At most `size` bytes; 0 at the end of the stream. Waits unless the descriptor is non-blocking.
int read_pipe(int fd, void* into, std::size_t size) noexcept;

/// The same the other way. Where nobody reads any more: EPIPE, and never a SIGPIPE.
int write_pipe(int fd, const void* from, std::size_t size) noexcept;

/// The same on a description that others share, and which must hence stay as it is, blocking maybe:
/// they never wait all the same. `would_block` where there is nothing to read, or no room. (Where
/// the kernel knows no such read, as of a terminal, one looks first; another reader may be faster,
/// and then this waits.)
int read_shared(int fd, void* into, std::size_t size) noexcept;
int write_shared(int fd, const void* from, std::size_t size) noexcept;

/// A fifo of this name, with these permissions less the umask. -> 0
int make_fifo(const char* path, unsigned mode) noexcept;
/// Opens a fifo, non-blocking: at once for reading; for writing only where somebody has it open for
/// reading (`no_reader`). What is no fifo is refused (EINVAL). -> descriptor, close-on-exec
int open_fifo(const char* path, bool for_writing) noexcept;

/// What a standard stream of this process is.
enum class stream_nature : std::uint8_t {
  closed,  ///< there is none
  ready,   ///< a file, or a device such as /dev/null: one can't wait for it, and need not
  own,     ///< a pipe or a terminal, opened once more for us alone, and non-blocking
  shared,  ///< something else to wait for, or what we were not allowed to open: see `read_shared`
};
/// The standard stream of this number as a descriptor of our own, close-on-exec; the flags of what
//// other processes share with us stay as they are. A descriptor of that number that is
/// close-on-exec
/// was opened by this process and is not meant. -> 0, with both in `out` and `nature`
int open_standard_stream(int number, fd& out, stream_nature& nature) noexcept;

/// Opens what swallows all that is written, and has nothing to read. -> descriptor, close-on-exec
int open_null() noexcept;

}  // namespace rondo::os
