#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace rondo {

/// What went wrong, in terms that do not depend on the operating system. `os` maps its own numbers
/// here; the number itself stays readable in `error::native`.
enum class errc : std::uint8_t {
  ok,
  cancelled,      ///< the scope around the operation was cancelled before it did anything
  timed_out,      ///< a deadline passed, or the peer did not answer in the kernel's time
  closed,         ///< our own side has closed the object already
  end_of_stream,  ///< the peer ended where more bytes were required
  connection_refused,
  connection_reset,
  connection_aborted,
  broken_pipe,  ///< written to a peer that reads no more
  not_connected,
  address_in_use,
  address_not_available,
  network_unreachable,
  host_unreachable,
  too_many_descriptors,  ///< the limit of this process (EMFILE)
  too_many_descriptors_in_system,
  too_many_processes,  ///< the limit of this user, or of a container
  no_buffer_space,
  out_of_memory,
  permission_denied,
  invalid_argument,
  not_found,
  already_exists,
  not_a_directory,
  is_a_directory,
  directory_not_empty,
  too_many_links,  ///< symbolic links that lead in a circle, or too many hard ones
  name_too_long,
  no_space,        ///< the disk, or the quota, is full
  file_too_large,  ///< for the file system, or for the limit of this process
  read_only,       ///< the file system is mounted so
  cross_device,    ///< from one file system to another
  busy,            ///< somebody else has it in use
  io_failed,       ///< the device failed (EIO)
  not_supported,
  would_block,
  interrupted,
  bad_descriptor,
  message_too_long,
  name_server_failed,  ///< no name server could say whether there is such a name
  protocol,            ///< the peer does not keep to the protocol
  untrusted,           ///< the peer could not prove who it is
  truncated,           ///< the stream broke off without the end that its protocol asks for
  deadlock,            ///< a task waits for what can't come any more
  broken_promise,      ///< whoever was to settle a promise is gone and has not done so
  other,               ///< see `error::native`
};

/// The name of a code, such as "connection_reset". Static storage.
const char* to_string(errc code) noexcept;

/// A failure that the world caused: what failed, on what, why, and the likely remedy, in `what()`.
/// Cheap to copy (the text is shared), safe to move between threads.
class error : public std::runtime_error {
 public:
  /// `native` is the operating system's own number, 0 where there is none.
  explicit error(errc code, const std::string& message, int native = 0);

  errc code() const noexcept { return code_; }
  int native() const noexcept { return native_; }

 private:
  errc code_;
  int native_;
};

}  // namespace rondo
