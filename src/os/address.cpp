// Addresses as text and as the kernel's bytes. inet_pton and inet_ntop do the hard part.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <charconv>

#include <rondo/os/address.hpp>

namespace rondo {

static_assert(socket_address::capacity == sizeof(sockaddr_in6));

namespace {

error bad_address(std::string_view text) {
  return error(errc::invalid_argument,
               "address \"" + std::string(text) +
                   "\": expected a numeric address with a port, such as 127.0.0.1:8080, "
                   "[::1]:8080, :8080 or *:8080");
}

bool parse_port(std::string_view text, std::uint16_t& port) noexcept {
  if (text.empty()) return false;
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, port);
  return problem == std::errc() && stopped == end;
}

}  // namespace

result<socket_address> socket_address::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  if (colon == text.npos || !parse_port(text.substr(colon + 1), port)) {
    return std::unexpected(bad_address(text));
  }
  std::string_view host = text.substr(0, colon);
  if (host.empty()) {
    host = "0.0.0.0";
  } else if (host == "*") {
    host = "::";
  } else if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == host.npos) return std::unexpected(bad_address(text));
  } else if (host.find(':') != host.npos) {
    return std::unexpected(bad_address(text));  // IPv6 wants brackets, or the port is ambiguous
  }
  auto address = from_host(host, port);
  if (!address) return std::unexpected(bad_address(text));
  return address;
}

result<socket_address> socket_address::from_host(std::string_view host, std::uint16_t port) {
  socket_address address;
  const std::string terminated(host);
  sockaddr_in v4 = {};
  sockaddr_in6 v6 = {};
  if (inet_pton(AF_INET, terminated.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    memcpy(address.bytes_, &v4, sizeof v4);
    address.size_ = sizeof v4;
  } else if (inet_pton(AF_INET6, terminated.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    memcpy(address.bytes_, &v6, sizeof v6);
    address.size_ = sizeof v6;
  } else {
    return std::unexpected(
        error(errc::invalid_argument, "host \"" + terminated +
                                          "\": expected a numeric IPv4 or IPv6 address, such as "
                                          "127.0.0.1 or ::1"));
  }
  return address;
}

bool socket_address::is_v6() const noexcept {
  sa_family_t family = 0;
  memcpy(&family, bytes_, sizeof family);
  return family == AF_INET6;
}

std::uint16_t socket_address::port() const noexcept {
  if (size_ == 0) return 0;
  std::uint16_t network_order = 0;  // at the same place in both families
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  memcpy(&network_order, bytes_ + offsetof(sockaddr_in, sin_port), sizeof network_order);
  return ntohs(network_order);
}

std::string socket_address::host() const {
  if (size_ == 0) return {};
  char text[INET6_ADDRSTRLEN] = {};
  if (is_v6()) {
    inet_ntop(AF_INET6, bytes_ + offsetof(sockaddr_in6, sin6_addr), text, sizeof text);
  } else {
    inet_ntop(AF_INET, bytes_ + offsetof(sockaddr_in, sin_addr), text, sizeof text);
  }
  return text;
}

std::string socket_address::to_string() const {
  if (size_ == 0) return "(no address)";
  const std::string port_text = ":" + std::to_string(port());
  return is_v6() ? "[" + host() + "]" + port_text : host() + port_text;
}

bool operator==(const socket_address& a, const socket_address& b) noexcept {
  return a.size_ == b.size_ && memcmp(a.bytes_, b.bytes_, a.size_) == 0;
}

}  // namespace rondo
