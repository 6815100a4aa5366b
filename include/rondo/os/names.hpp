#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <rondo/base/result.hpp>
#include <rondo/os/address.hpp>

namespace rondo {

/// Of which kind addresses are asked for.
enum class address_family : std::uint8_t { any, v4, v6 };

/// "any", "IPv4", "IPv6".
const char* to_string(address_family which) noexcept;

namespace os {

/// The addresses of a host as this machine is set up to find them (getaddrinfo(3): the hosts file,
/// name servers, whatever nsswitch.conf says), the best first (RFC 6724), each once, with port 0.
/// Blocks, for as long as name servers take. Any thread.
///
/// Fails with `errc::not_found` where there is no such host, or it has no address of that kind;
/// `errc::name_server_failed` where nobody could say.
result<std::vector<socket_address>> look_up_host(const std::string& host, address_family which);

}  // namespace os
}  // namespace rondo
