#pragma once

#include <string>
#include <string_view>

#include <rondo/pipe/pipe_stream.hpp>

namespace rondo {

/// Makes a fifo, a pipe that has a name in the file system, with these permissions less the umask.
/// Fails with `errc::already_exists` where there is something of that name.
result<void> make_fifo(std::string_view path, unsigned mode = 0666);

/// Opens a fifo for reading, at once, on the loop of the task: whoever writes may come later, and
/// the first read waits for that. Once all who wrote have closed it, reads yield 0, until the next
/// one comes. Throws `error`; `errc::invalid_argument` where it is something else than a fifo.
task<pipe_reader> open_fifo_reader(std::string path);

/// Opens a fifo for writing, as soon as somebody has opened it for reading, and not before. A
/// cancel leaves nothing open; so `with_timeout` bounds the wait. Throws as above.
task<pipe_writer> open_fifo_writer(std::string path);

}  // namespace rondo
