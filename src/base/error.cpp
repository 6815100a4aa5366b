// The names of the codes, and the one class in which a failure of the outside world travels.
#include <iterator>

#include <rondo/base/error.hpp>

namespace rondo {

error::error(errc code, const std::string& message, int native)
    : std::runtime_error(message), code_(code), native_(native) {}

namespace {

/// In the order of the enumeration.
constexpr const char* names[] = {
    "ok",
    "cancelled",
    "timed_out",
    "closed",
    "end_of_stream",
    "connection_refused",
    "connection_reset",
    "connection_aborted",
    "broken_pipe",
    "not_connected",
    "address_in_use",
    "address_not_available",
    "network_unreachable",
    "host_unreachable",
    "too_many_descriptors",
    "too_many_descriptors_in_system",
    "too_many_processes",
    "no_buffer_space",
    "out_of_memory",
    "permission_denied",
    "invalid_argument",
    "not_found",
    "already_exists",
    "not_a_directory",
    "is_a_directory",
    "directory_not_empty",
    "too_many_links",
    "name_too_long",
    "no_space",
    "file_too_large",
    "read_only",
    "cross_device",
    "busy",
    "io_failed",
    "not_supported",
    "would_block",
    "interrupted",
    "bad_descriptor",
    "message_too_long",
    "name_server_failed",
    "protocol",
    "untrusted",
    "truncated",
    "deadlock",
    "broken_promise",
    "other",
};

static_assert(std::size(names) == static_cast<std::size_t>(errc::other) + 1);

}  // namespace

const char* to_string(errc code) noexcept {
  const auto at = static_cast<std::size_t>(code);
  return at < std::size(names) ? names[at] : "unknown";
}

}  // namespace rondo
