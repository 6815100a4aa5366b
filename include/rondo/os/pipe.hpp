#pragma once

#include <cstddef>

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

/// Opens what swallows all that is written, and has nothing to read. -> descriptor, close-on-exec
int open_null() noexcept;

}  // namespace rondo::os
