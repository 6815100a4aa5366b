// getaddrinfo, whose errors are numbers of its own.
#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>

#include <rondo/os/errors.hpp>
#include <rondo/os/names.hpp>

namespace rondo {

const char* to_string(address_family which) noexcept {
  switch (which) {
    case address_family::any:
      return "any";
    case address_family::v4:
      return "IPv4";
    case address_family::v6:
      return "IPv6";
  }
  return "unknown";
}

namespace os {

namespace {

struct row {
  int number;
  errc code;
  const char* name;
  const char* remedy;
};

constexpr row table[] = {
    {EAI_NONAME, errc::not_found, "EAI_NONAME", "is it spelled right?"},
    {EAI_NODATA, errc::not_found, "EAI_NODATA", "the name is known, but has no such address"},
    {EAI_ADDRFAMILY, errc::not_found, "EAI_ADDRFAMILY", "it has no address of that family"},
    {EAI_AGAIN, errc::name_server_failed, "EAI_AGAIN",
     "is the network up, and are the servers of /etc/resolv.conf?"},
    {EAI_FAIL, errc::name_server_failed, "EAI_FAIL", "the name server refuses, or is broken"},
    {EAI_MEMORY, errc::out_of_memory, "EAI_MEMORY", ""},
};

error why_not(int number, int system, const std::string& host) {
  if (number == EAI_SYSTEM) return make_error(-system, "look up", host);
  for (const row& r : table) {
    if (r.number != number) continue;
    std::string text = "look up " + host + ": " + gai_strerror(number) + " (" + r.name + ")";
    if (*r.remedy != '\0') text.append("; ").append(r.remedy);
    return error(r.code, text, number);
  }
  return error(errc::other, "look up " + host + ": " + gai_strerror(number), number);
}

int family_of(address_family which) noexcept {
  switch (which) {
    case address_family::v4:
      return AF_INET;
    case address_family::v6:
      return AF_INET6;
    case address_family::any:
      break;
  }
  return AF_UNSPEC;
}

}  // namespace

result<std::vector<socket_address>> look_up_host(const std::string& host, address_family which) {
  addrinfo hints = {};
  hints.ai_family = family_of(which);
  hints.ai_socktype = SOCK_STREAM;  // otherwise each address comes once a protocol
  addrinfo* found = nullptr;
  const int outcome = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (outcome != 0) return std::unexpected(why_not(outcome, errno, host));
  struct freed {
    addrinfo* list;
    ~freed() { freeaddrinfo(list); }
  } const afterwards{found};
  std::vector<socket_address> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const auto address = socket_address::from_bytes(each->ai_addr, each->ai_addrlen);
    if (address && std::ranges::find(addresses, *address) == addresses.end()) {
      addresses.push_back(*address);
    }
  }
  if (addresses.empty()) return std::unexpected(why_not(EAI_NODATA, 0, host));
  return addresses;
}

}  // namespace os
}  // namespace rondo
