#pragma once

#include <string_view>

#include <rondo/base/error.hpp>

namespace rondo::os {

/// Everywhere above this room a system result is "a count, or the negated errno", as the kernel and
/// io_uring give it. Only the functions below know what the numbers mean.
errc to_errc(int negated_errno) noexcept;

/// "what failed on what: why (ENAME)", and the remedy where one is likely. `subject` may be empty.
error make_error(int negated_errno, std::string_view operation, std::string_view subject = {});

/// The same with a remedy that fits better than the usual one; empty for none.
error make_error(int negated_errno, std::string_view operation, std::string_view subject,
                 std::string_view remedy);

/// The same for a failure that no system call reported.
error make_error(errc code, std::string_view operation, std::string_view subject = {});

/// The negated errno of the calling thread's last failed call.
int last_error() noexcept;

/// The numbers that code above has to tell apart, negated as they arrive.
extern const int would_block;
extern const int interrupted;
extern const int cancelled;
extern const int timed_out;
extern const int bad_descriptor;
extern const int no_buffer_space;
extern const int in_progress;
extern const int not_supported;       ///< EOPNOTSUPP
extern const int not_executable;      ///< ENOEXEC
extern const int arguments_too_long;  ///< E2BIG
extern const int message_too_long;
extern const int no_such_file;  ///< ENOENT
extern const int device_busy;   ///< EBUSY
extern const int no_reader;     ///< ENXIO, of a fifo that is opened for writing

/// EMFILE, ENFILE, ENOBUFS, ENOMEM: accepting must pause, and may go on later.
bool is_exhaustion(int negated_errno) noexcept;

/// What accept(2) passes on from the connection that died before it was taken: just accept again.
bool is_transient_accept_error(int negated_errno) noexcept;

}  // namespace rondo::os
