// The few lines that libsystemd would be for: sockets that are passed, and datagrams that say how
// we are. The traps: a variable may be another process's (inherited), and an abstract address has
// no final zero.
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <optional>

#include <rondo/os/errors.hpp>
#include <rondo/os/service.hpp>

namespace rondo::os {

namespace {

constexpr int first_passed = 3;

/// A variable that is a number; nothing where it is not set, or is none.
template <class Number>
std::optional<Number> number_in(const char* variable) noexcept {
  const char* const text = getenv(variable);
  if (text == nullptr) return {};
  Number value = 0;
  const char* const end = text + strlen(text);
  const auto [last, failure] = std::from_chars(text, end, value);
  if (failure != std::errc() || last != end) return {};
  return value;
}

/// The address of a unix socket as the variable spells it: a path, or "@" for an abstract one.
bool to_address(std::string_view text, sockaddr_un& address, socklen_t& size) noexcept {
  if (text.size() < 2 || text.size() >= sizeof address.sun_path) return false;
  if (text[0] != '/' && text[0] != '@') return false;
  address = {};
  address.sun_family = AF_UNIX;
  memcpy(address.sun_path, text.data(), text.size());
  if (text[0] == '@') address.sun_path[0] = '\0';
  size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size());
  return true;
}

result<std::vector<activated_descriptor>> read_passed() {
  std::vector<activated_descriptor> passed;
  if (getenv("LISTEN_FDS") == nullptr) return passed;
  if (number_in<pid_t>("LISTEN_PID") != getpid()) return passed;  // for somebody else
  const std::optional<int> count = number_in<int>("LISTEN_FDS");
  if (!count || *count < 0) {
    return std::unexpected(
        make_error(errc::invalid_argument, "LISTEN_FDS: not a number of descriptors"));
  }
  const char* const given = getenv("LISTEN_FDNAMES");
  std::string_view names = given != nullptr ? given : "";
  for (int number = first_passed; number - first_passed < *count; ++number) {
    if (fcntl(number, F_SETFD, FD_CLOEXEC) < 0) {
      return std::unexpected(make_error(last_error(), "LISTEN_FDS", std::to_string(number)));
    }
    const std::size_t end = names.find(':');
    const std::string_view name = names.substr(0, end);
    passed.push_back({std::string(name.empty() ? "unknown" : name), fd(number)});
    names.remove_prefix(end == names.npos ? names.size() : end + 1);
  }
  return passed;
}

}  // namespace

result<std::vector<activated_descriptor>> take_activated_descriptors() {
  auto passed = read_passed();
  for (const char* const name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"}) {
    unsetenv(name);
  }
  return passed;
}

int notify_service_manager(std::string_view message) noexcept {
  const char* const where = getenv("NOTIFY_SOCKET");
  if (where == nullptr) return 0;
  sockaddr_un address;
  socklen_t size = 0;
  if (!to_address(where, address, size)) return -EAFNOSUPPORT;
  const fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return last_error();
  const auto sent =
      sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
             reinterpret_cast<const sockaddr*>(&address), size);
  return sent < 0 ? last_error() : 1;
}

duration watchdog_limit() noexcept {
  const auto limit_us = number_in<std::int64_t>("WATCHDOG_USEC");
  if (!limit_us || *limit_us <= 0) return {};
  if (getenv("WATCHDOG_PID") != nullptr && number_in<pid_t>("WATCHDOG_PID") != getpid()) return {};
  return duration::microseconds(*limit_us);
}

}  // namespace rondo::os
