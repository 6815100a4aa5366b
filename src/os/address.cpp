// Addresses as text and as the kernel's bytes. inet_pton and inet_ntop do the hard part.
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <charconv>

#include <rondo/os/address.hpp>

namespace rondo {

static_assert(socket_address::capacity == sizeof(sockaddr_in6));

namespace {

/// What a caller gave us, fit for a message: what() would end at a NUL, a log line at a line feed.
std::string printable(std::string_view text) {
  std::string copy(text);
  for (char& c : copy) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  }
  return copy;
}

error bad_address(std::string_view text) {
  return error(errc::invalid_argument,
               "address \"" + printable(text) +
                   "\": expected a numeric address with a port, such as 127.0.0.1:8080, "
                   "[::1]:8080, :8080 or *:8080");
}

/// Decimal digits and nothing else.
template <class Number>
bool parse_number(std::string_view text, Number& out) noexcept {
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, out);
  return problem == std::errc() && stopped == end;
}

bool parse_v4(const std::string& host, sockaddr_in& out) noexcept {
  out.sin_family = AF_INET;
  return inet_pton(AF_INET, host.c_str(), &out.sin_addr) == 1;
}

bool parse_v6(const std::string& host, sockaddr_in6& out) noexcept {
  out.sin6_family = AF_INET6;
  const std::size_t percent = host.find('%');
  if (inet_pton(AF_INET6, host.substr(0, percent).c_str(), &out.sin6_addr) != 1) return false;
  if (percent == host.npos) return true;
  if (!IN6_IS_ADDR_LINKLOCAL(&out.sin6_addr) && !IN6_IS_ADDR_MC_LINKLOCAL(&out.sin6_addr)) {
    return false;  // elsewhere the kernel ignores a scope: it can only be a mistake
  }
  const std::string scope = host.substr(percent + 1);
  if (!parse_number(scope, out.sin6_scope_id)) out.sin6_scope_id = if_nametoindex(scope.c_str());
  return out.sin6_scope_id != 0;
}

}  // namespace

result<socket_address> socket_address::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  if (colon == text.npos || !parse_number(text.substr(colon + 1), port)) {
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
  // An embedded NUL would end the text for inet_pton, and whatever follows it would be ignored.
  const bool is_text = host.find('\0') == host.npos;
  if (sockaddr_in v4 = {}; is_text && parse_v4(terminated, v4)) {
    v4.sin_port = htons(port);
    memcpy(address.bytes_, &v4, sizeof v4);
    address.size_ = sizeof v4;
    return address;
  }
  if (sockaddr_in6 v6 = {}; is_text && parse_v6(terminated, v6)) {
    v6.sin6_port = htons(port);
    memcpy(address.bytes_, &v6, sizeof v6);
    address.size_ = sizeof v6;
    return address;
  }
  return std::unexpected(
      error(errc::invalid_argument, "host \"" + printable(host) +
                                        "\": expected a numeric IPv4 or IPv6 address, such as "
                                        "127.0.0.1 or ::1"));
}

result<socket_address> socket_address::from_bytes(const void* sockaddr, std::size_t size) {
  socket_address address;
  sa_family_t family = 0;
  if (size >= sizeof family) memcpy(&family, sockaddr, sizeof family);
  const std::size_t wanted = family == AF_INET    ? sizeof(sockaddr_in)
                             : family == AF_INET6 ? sizeof(sockaddr_in6)
                                                  : capacity + 1;
  if (size < wanted) {
    return std::unexpected(error(
        errc::not_supported,
        "address of family " + std::to_string(family) + ": only IPv4 and IPv6 are known here"));
  }
  memcpy(address.bytes_, sockaddr, wanted);
  address.size_ = static_cast<std::uint32_t>(wanted);
  return address;
}

socket_address socket_address::with_port(std::uint16_t port) const noexcept {
  socket_address changed = *this;
  const std::uint16_t network_order = htons(port);
  memcpy(changed.bytes_ + offsetof(sockaddr_in, sin_port), &network_order, sizeof network_order);
  return changed;
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
  if (!is_v6()) {
    inet_ntop(AF_INET, bytes_ + offsetof(sockaddr_in, sin_addr), text, sizeof text);
    return text;
  }
  sockaddr_in6 v6;
  memcpy(&v6, bytes_, sizeof v6);
  inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  if (v6.sin6_scope_id == 0) return text;
  return std::string(text) + "%" + std::to_string(v6.sin6_scope_id);
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
