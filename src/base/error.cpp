// The names of the codes, and the one class in which a failure of the outside world travels.
#include <rondo/base/error.hpp>

namespace rondo {

error::error(errc code, const std::string& message, int native)
    : std::runtime_error(message), code_(code), native_(native) {}

const char* to_string(errc code) noexcept {
  switch (code) {
    case errc::ok:
      return "ok";
    case errc::cancelled:
      return "cancelled";
    case errc::timed_out:
      return "timed_out";
    case errc::closed:
      return "closed";
    case errc::end_of_stream:
      return "end_of_stream";
    case errc::connection_refused:
      return "connection_refused";
    case errc::connection_reset:
      return "connection_reset";
    case errc::connection_aborted:
      return "connection_aborted";
    case errc::broken_pipe:
      return "broken_pipe";
    case errc::not_connected:
      return "not_connected";
    case errc::address_in_use:
      return "address_in_use";
    case errc::address_not_available:
      return "address_not_available";
    case errc::network_unreachable:
      return "network_unreachable";
    case errc::host_unreachable:
      return "host_unreachable";
    case errc::too_many_descriptors:
      return "too_many_descriptors";
    case errc::too_many_descriptors_in_system:
      return "too_many_descriptors_in_system";
    case errc::too_many_processes:
      return "too_many_processes";
    case errc::no_buffer_space:
      return "no_buffer_space";
    case errc::out_of_memory:
      return "out_of_memory";
    case errc::permission_denied:
      return "permission_denied";
    case errc::invalid_argument:
      return "invalid_argument";
    case errc::not_found:
      return "not_found";
    case errc::already_exists:
      return "already_exists";
    case errc::not_a_directory:
      return "not_a_directory";
    case errc::is_a_directory:
      return "is_a_directory";
    case errc::directory_not_empty:
      return "directory_not_empty";
    case errc::too_many_links:
      return "too_many_links";
    case errc::name_too_long:
      return "name_too_long";
    case errc::no_space:
      return "no_space";
    case errc::file_too_large:
      return "file_too_large";
    case errc::read_only:
      return "read_only";
    case errc::cross_device:
      return "cross_device";
    case errc::busy:
      return "busy";
    case errc::io_failed:
      return "io_failed";
    case errc::not_supported:
      return "not_supported";
    case errc::would_block:
      return "would_block";
    case errc::interrupted:
      return "interrupted";
    case errc::bad_descriptor:
      return "bad_descriptor";
    case errc::message_too_long:
      return "message_too_long";
    case errc::name_server_failed:
      return "name_server_failed";
    case errc::protocol:
      return "protocol";
    case errc::deadlock:
      return "deadlock";
    case errc::broken_promise:
      return "broken_promise";
    case errc::other:
      return "other";
  }
  return "unknown";
}

}  // namespace rondo
