#pragma once

#include <string>

#include <rondo/os/address.hpp>
#include <rondo/os/errors.hpp>

namespace rondo {

/// The error of a datagram that could not be sent to `to` (empty: the socket's peer).
inline error why_not_sent(int negated_errno, const socket_address& to, std::size_t size) {
  const std::string subject = to.size() != 0 ? to.to_string() : "the peer";
  if (negated_errno != os::message_too_long) {
    return os::make_error(negated_errno, "send a datagram to", subject);
  }
  return os::make_error(negated_errno, "send a datagram to", subject,
                        "it has " + std::to_string(size) +
                            " bytes; one over IPv4 holds at most 65507, and less where the way "
                            "does not let it be cut into packets");
}

}  // namespace rondo
